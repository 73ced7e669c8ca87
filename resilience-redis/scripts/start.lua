-- A call has taken the reserved place: from now on its silence is a failure. The call does not wait for it. Extra: 1 if
-- the trial counts.
-- ARGV 6 token  7 epoch  8 generation  9 lease_us
if it.epoch ~= ARGV[7] or it.gen ~= tonumber(ARGV[8]) or not trials() then return view() end
local name = '/' .. node .. '/' .. ARGV[6]
-- A place that was given to another node, or a trial that is settled.
if redis.call('ZREM', leases, 'r' .. name) == 0 then return view(redis.call('ZSCORE', leases, 's' .. name) and 1 or 0) end
redis.call('ZADD', leases, int(now + duration(ARGV[9])), 's' .. name)
keep(leases)
save()
return view(1)
