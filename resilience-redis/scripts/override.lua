-- An operator's override, or its end.
-- ARGV forced_open|'' ms why nonce at|never
if ARGV[1] == '' then
  redis.call('DEL', O)
else
  redis.call('HSET', O, 'st', ARGV[1], 'why', ARGV[3], 'end', ARGV[5])
  redis.call('PEXPIRE', O, ARGV[2])
end
redis.call('SET', V, ARGV[4], 'PX', 600000)
redis.call('PUBLISH', V, '')
return view()
