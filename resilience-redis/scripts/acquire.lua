-- A place for a trial. Extra: 1 if it is granted, reserved for hold_us.
-- ARGV node token | permits hold_us | open_us max_us grace_us peers ttl_ms nonce
local node, token, permits, hold = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local open_us, max_us, grace, peers, ttl, nonce = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8]), ARGV[9], ARGV[10]
-- Denied. A denial writes nothing.
if not ep or st == 'c' or (st == 'o' and now < un) then return view() end
-- The node whose trial failed last lets the others go first.
if lf == node and peers > 0 and now < un + grace then return view() end
if st == 'o' then
  turn('h', nonce, ttl)
else
  -- Granted before, and the reply was lost.
  if redis.call('ZSCORE', L, 'r:' .. token) or redis.call('ZSCORE', L, 's:' .. token) then return view(1) end
  -- A late duplicate of a request whose lease is settled or over: a second settling would count twice.
  local high = redis.call('HGET', N, node)
  if high and tonumber(string.match(token, '%d+$')) <= tonumber(high) then return view() end
  local over = redis.call('ZRANGEBYSCORE', L, '-inf', int(now))
  for _, l in ipairs(over) do
    if string.sub(l, 1, 1) == 's' then
      -- A trial that has not reported in its time has failed.
      lf = string.match(l, '^s:([^/]+)'); redis.call('HSET', C, 'lf', lf)
      k = k + 1; open(open_us, max_us, nonce, ttl); return view()
    end
  end
  if redis.call('ZCARD', L) - #over >= permits then return view() end
  -- Reserved and never used: nothing happened.
  for _, l in ipairs(over) do redis.call('ZREM', L, l) end
end
redis.call('ZADD', L, int(now + hold), 'r:' .. token)
redis.call('HSET', N, node, string.match(token, '%d+$'))
redis.call('HSET', C, 't', int(now))
keep(ttl)
return view(1)
