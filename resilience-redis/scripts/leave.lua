-- A node that shuts down is not live any more.
-- KEYS nodes   ARGV 1 node
return redis.call('ZREM', KEYS[1], ARGV[1])
