-- A node's own window, and the decision to open.
-- ARGV node seq ep g | calls failures slow votes(0..1000) | count|rate rate min_calls slow_rate | peers share |
--      open_us max_us fresh_us ttl_ms nonce config
local node, seq, aep, ag = ARGV[1], tonumber(ARGV[2]), ARGV[3], tonumber(ARGV[4])
local calls, bad, slow, votes = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])
local peers, share, fresh, ttl, nonce = tonumber(ARGV[13]), tonumber(ARGV[14]), tonumber(ARGV[17]), ARGV[18], ARGV[19]
if not ep then
  -- Never was, evicted or flushed: a new epoch begins with this report.
  ep, g, st, un, k, ok, born, last = nonce, 1, 'c', 0, 0, 0, now, now
  redis.call('DEL', N, Z, F, L)
  redis.call('HSET', C, 'ep', ep, 'g', 1, 'st', 'c', 'b', int(now), 't', int(now), 'W', 0, 'C', 0, 'B', 0, 'S', 0)
  redis.call('SET', V, nonce, 'PX', 600000)
  -- A node that knew of no epoch may count in the one that it began.
  if aep == '' then aep, ag = ep, 1 end
end
-- The node has calls, even if all of them were rejected.
redis.call('ZADD', Z, int(now), node)
if aep ~= ep or ag ~= g or st ~= 'c' then
  -- A window of another time: not counted.
  keep(ttl)
  return view()
end
local function parse(s) local a = {} for x in string.gmatch(s or '', '[^:]+') do a[#a + 1] = tonumber(x) end return a end
local old = redis.call('HGET', N, node)
old = old and parse(old) or { 0, 0, 0, 0, 0 }
-- A duplicate, or overtaken by a newer report.
if old[1] >= seq then return view() end
local sum = redis.call('HMGET', C, 'W', 'C', 'B', 'S', 'cnt', 'cf')
local cnt = redis.call('HLEN', N)
if cnt ~= tonumber(sum[5] or 0) then
  -- `maxmemory` evicted one key of the circuit: sums without their parts would never fall.
  redis.call('DEL', N, F); sum = { 0, 0, 0, 0, 0, sum[6] }; old = { 0, 0, 0, 0, 0 }
end
local W, n, B, S = sum[1] + votes - old[5], sum[2] + calls - old[2], sum[3] + bad - old[3], sum[4] + slow - old[4]
redis.call('HSET', N, node, table.concat({ seq, calls, bad, slow, votes }, ':'))
local rate = ARGV[9] == 'rate'
local function weigh(bad, slow, votes) return rate and math.max(bad, slow, votes > 0 and 1 or 0) or votes end
local weight = weigh(bad, slow, votes)
if weight > 0 then redis.call('ZADD', F, weight, node) elseif weigh(old[3], old[4], old[5]) > 0 then redis.call('ZREM', F, node) end
-- Nodes without a call for long are not active. Ten a report bound the script.
for _, gone in ipairs(redis.call('ZRANGEBYSCORE', Z, '-inf', int(now - fresh), 'LIMIT', 0, 10)) do
  local x = redis.call('HGET', N, gone)
  if x then
    x = parse(x); W = W - x[5]; n = n - x[2]; B = B - x[3]; S = S - x[4]
    redis.call('HDEL', N, gone)
  end
  redis.call('ZREM', F, gone); redis.call('ZREM', Z, gone)
end
-- The answer has the configuration before this report, so that two nodes that differ are told.
local known = view()
redis.call('HSET', C, 't', int(now), 'W', W, 'C', n, 'B', B, 'S', S, 'cnt', redis.call('HLEN', N), 'cf', ARGV[20])
keep(ttl)
-- A report without failures never opens.
if weight == 0 then return known end
local active = redis.call('ZCARD', Z)
-- A young epoch does not know who is active: all nodes that live count. Later, a node that has crashed is not active.
if now - born < 5000000 then active = math.max(active, peers + 1) else active = math.min(active, peers + 1) end
local alone = peers == 0
-- The quorum of failing nodes.
if redis.call('ZCARD', F) < (alone and 1 or math.max(2, math.ceil(share * active))) then return known end
local top = redis.call('ZREVRANGE', F, 0, 0)[1]
local x = parse(redis.call('HGET', N, top))
local opens
if rate then
  -- A rate over the sum holds, and with half the calls it also holds without the loudest node.
  local function holds(part, of_top, r, least)
    return n >= least and part >= r * n
      and (alone or (n - x[2] >= math.max(1, least / 2) and part - of_top >= r * (n - x[2])))
  end
  local r, least, sr = tonumber(ARGV[10]), tonumber(ARGV[11]), tonumber(ARGV[12])
  opens = r > 0 and holds(B, x[3], r, least) or sr > 0 and holds(S, x[4], sr, least)
end
-- Votes: a node's are its failures over its own threshold, at most 1000; with a rate, 1000 while its own circuit is open
-- (it makes no calls then, and its silence must not starve the rule). More than half of the active nodes' votes are
-- needed, so noise does not add up to an outage; and half of that without the loudest node.
local need, most = 1000 * math.max(1, active / 2), rate and math.min(W, 1000) or x[5]
if alone then opens = opens or W >= 1000 else opens = opens or (W > need and W - most >= need / 2) end
if opens then
  open(tonumber(ARGV[15]), tonumber(ARGV[16]), nonce, ttl)
  return view()
end
return known
