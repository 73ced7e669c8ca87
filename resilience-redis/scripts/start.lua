-- A call has taken the place: from now on its silence is a failure. Extra: 1 if the trial counts.
-- ARGV token ep g lease_us ttl_ms
if ep ~= ARGV[2] or g ~= tonumber(ARGV[3]) or st ~= 'h' then return view() end
if redis.call('ZREM', L, 'r:' .. ARGV[1]) == 1 then
  redis.call('ZADD', L, int(now + ARGV[4]), 's:' .. ARGV[1])
  keep(ARGV[5])
  return view(1)
end
-- A duplicate, or too late: the reservation is over.
return view(redis.call('ZSCORE', L, 's:' .. ARGV[1]) and 1 or 0)
