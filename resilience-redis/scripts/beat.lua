-- One a second for each node, however many circuits it has: how many nodes live, and whether anything has changed.
-- KEYS nodes V   ARGV node live_us
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
redis.call('ZADD', KEYS[1], string.format('%.0f', now), ARGV[1])
-- A node that was silent for too long, or a time in the future of a clock that went back.
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now - ARGV[2]))
redis.call('ZREMRANGEBYSCORE', KEYS[1], string.format('%.0f', now + 1000000), '+inf')
redis.call('PEXPIRE', KEYS[1], math.floor(ARGV[2] / 500))
return { redis.call('ZCARD', KEYS[1]), redis.call('GET', KEYS[2]) or '' }
