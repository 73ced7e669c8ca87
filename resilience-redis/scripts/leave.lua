-- A node that shuts down: it is not alive and not active any more.
-- KEYS nodes   ARGV node
return redis.call('ZREM', KEYS[1], ARGV[1])
