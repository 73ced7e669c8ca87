-- One a second for each node and bucket, for all of its circuits: the number of live nodes, and a value that changes with
-- every transition of a circuit.
-- KEYS nodes change   ARGV 1 node  2 live_us  3 nonce  4 kept_ms
local nodes, change = KEYS[1], KEYS[2]
local now, live = clock(), tonumber(ARGV[2])
local function int(number) return string.format('%.0f', number) end
redis.call('ZADD', nodes, int(now), ARGV[1])
-- Silent for too long.
redis.call('ZREMRANGEBYSCORE', nodes, '-inf', int(now - live))
-- From before the clock was set back: those who live beat again within a second.
redis.call('ZREMRANGEBYSCORE', nodes, int(now + 1000000), '+inf')
redis.call('PEXPIRE', nodes, int(live / 500))
local version = redis.call('GET', change)
if version then
  -- It lives as long as a node: an opening may last longer than the time without a transition after which keys expire.
  redis.call('PEXPIRE', change, ARGV[4])
else
  -- A store that has lost this value may have lost its circuits too: a new one makes every node ask.
  version = ARGV[3]
  redis.call('SET', change, version, 'PX', ARGV[4])
end
return { redis.call('ZCARD', nodes), version }
