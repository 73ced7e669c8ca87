-- The outcome of a trial, and the decision. Extra: 1 if it counted.
-- ARGV node token ep g ok|fail|cancel | successes open_us max_us ttl_ms nonce
if ep ~= ARGV[3] or g ~= tonumber(ARGV[4]) or st ~= 'h' then return view() end
-- Settled, over or unknown: a trial counts exactly once.
if redis.call('ZREM', L, 's:' .. ARGV[2], 'r:' .. ARGV[2]) == 0 then return view() end
local out, ttl, nonce = ARGV[5], ARGV[9], ARGV[10]
redis.call('HSET', C, 't', int(now))
if out == 'fail' then
  redis.call('HSET', C, 'lf', ARGV[1])
  k = k + 1
  open(tonumber(ARGV[7]), tonumber(ARGV[8]), nonce, ttl)
elseif out == 'ok' then
  ok = ok + 1
  if ok >= tonumber(ARGV[6]) then
    k = 0
    turn('c', nonce, ttl)
  else
    redis.call('HSET', C, 'ok', ok)
  end
end
return view(1)
