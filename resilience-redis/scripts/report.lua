-- Records a node's own window, and decides whether the circuit opens. Extra: 1 if the report before it came from a node
-- with another configuration.
-- ARGV 6 seq  7 epoch  8 generation  9 calls  10 failures  11 slow  12 vote (0..1000)
--      13 failure_rate  14 slow_rate (0: no such rule)  15 min_calls  16 peers  17 fresh_us  18 config
--      19 idle_us (since the node's last call)
local seq, epoch, gen = tonumber(ARGV[6]), ARGV[7], tonumber(ARGV[8])
local own = { calls = tonumber(ARGV[9]), failures = tonumber(ARGV[10]), slow = tonumber(ARGV[11]), votes = tonumber(ARGV[12]) }
local failure_rate, slow_rate, min_calls = tonumber(ARGV[13]), tonumber(ARGV[14]), tonumber(ARGV[15])
local seen, fresh, config = tonumber(ARGV[16]), duration(ARGV[17]), ARGV[18]
local used = now - math.min(duration(ARGV[19]), fresh)
-- A new epoch learns within this time which nodes are active.
local YOUNG = 5000000
-- The number of nodes that leave with one report, which bounds the script.
local LEAVING = 10

-- The store may know of nodes that this one has not seen yet, as after a silence in which all were believed to be gone.
local live = redis.call('ZCARD', nodes)
local peers = math.max(seen, live - 1)

if not it.epoch then
  -- The circuit never was, or was evicted or flushed: an epoch begins. What remains of the last one is of no use.
  redis.call('UNLINK', active)
  clear()
  it.epoch, it.gen, it.state, it.last_failed = nonce, 1, 'c', ''
  save('epoch', nonce, 'gen', 1, 'state', 'c', 'last_failed', '', 'known', int(now + YOUNG))
  announce()
  -- A node that knew of no epoch counts in the one that it began.
  if epoch == '' then epoch, gen = it.epoch, it.gen end
end

-- The entries of each key are counted, so that the loss of one is noticed: `maxmemory` evicts keys one by one. A key of
-- another program is an error here, unless an epoch has just begun: that has deleted it.
local function lost(key, size, entries) return redis.call(size, key) ~= entries end
local active_lost = lost(active, 'ZCARD', it.n_active)
local function note_active()
  redis.call('ZADD', active, int(used), node)
  keep(active)
end
if epoch ~= it.epoch or gen ~= it.gen or it.state ~= 'c' then
  -- A window of another time is not counted. The node has calls though, even if all of them were rejected.
  note_active()
  save('n_active', active_lost and UNKNOWN or redis.call('ZCARD', active))
  return view()
end

-- What is known of all windows together.
local h = redis.call('HMGET', circuit, 'sum_calls', 'sum_failures', 'sum_slow', 'sum_votes', 'n_windows', 'n_failures', 'n_slow',
  'n_votes', 'known', 'config')
local sum = { calls = number(h[1]), failures = number(h[2]), slow = number(h[3]), votes = number(h[4]) }
local n_windows, n = number(h[5]), { failures = number(h[6]), slow = number(h[7]), votes = number(h[8]) }
local known, last_config = number(h[9]), h[10]
if active_lost or lost(windows, 'HLEN', n_windows) or lost(failures, 'ZCARD', n.failures) or lost(slow, 'ZCARD', n.slow)
  or lost(votes, 'ZCARD', n.votes) then
  -- Sums without their parts would never come down. All active nodes report again within half of `fresh`.
  redis.call('UNLINK', active)
  clear()
  sum, n = { calls = 0, failures = 0, slow = 0, votes = 0 }, { failures = 0, slow = 0, votes = 0 }
  known = now + fresh / 2
end

local function window_of(who)
  local s, c, f, l, v = string.match(redis.call('HGET', windows, who) or '0:0:0:0:0', '^(%d+):(%d+):(%d+):(%d+):(%d+)$')
  return { seq = tonumber(s), calls = tonumber(c), failures = tonumber(f), slow = tonumber(l), votes = tonumber(v) }
end
local function add(window, sign)
  for part, total in pairs(sum) do sum[part] = total + sign * window[part] end
end
local before = window_of(node)
-- A duplicate, or overtaken by a newer report.
if before.seq >= seq then return view() end
-- A node without a call for long is not active, and its window is old.
if used <= now - fresh then own = { calls = 0, failures = 0, slow = 0, votes = 0 } end
add(before, -1)
add(own, 1)
redis.call('HSET', windows, node, table.concat({ seq, own.calls, own.failures, own.slow, own.votes }, ':'))
keep(windows)
note_active()

local function forget(gone)
  add(window_of(gone), -1)
  redis.call('HDEL', windows, gone)
  for _, key in ipairs({ active, failures, slow, votes }) do redis.call('ZREM', key, gone) end
end
-- The same for the others.
for _, gone in ipairs(redis.call('ZRANGEBYSCORE', active, '-inf', int(now - fresh), 'LIMIT', 0, LEAVING)) do forget(gone) end

-- The nodes that count in this part: the loudest one is found, and their number, without reading all windows.
local function rank(ranking, part)
  if own[part] > 0 then
    redis.call('ZADD', ranking, int(own[part]), node)
    keep(ranking)
  elseif before[part] > 0 then
    redis.call('ZREM', ranking, node)
  end
  if own[part] > 0 or n[part] > 0 then n[part] = redis.call('ZCARD', ranking) end
end
rank(failures, 'failures')
rank(slow, 'slow')
rank(votes, 'votes')
local n_active
local function save_sums()
  n_active = redis.call('ZCARD', active)
  save('sum_calls', sum.calls, 'sum_failures', sum.failures, 'sum_slow', sum.slow, 'sum_votes', sum.votes,
    'n_failures', n.failures, 'n_slow', n.slow, 'n_votes', n.votes, 'n_windows', redis.call('HLEN', windows),
    'n_active', n_active, 'known', int(known), 'config', config)
end
save_sums()
local differs = last_config and last_config ~= config and 1 or 0

-- A report without failures never opens.
if own.failures == 0 and own.slow == 0 and own.votes == 0 then return view(differs) end

local alone = peers == 0
local count, quorum
local function count_active()
  -- A node that has crashed is not active. Until all active nodes have reported, every live node is.
  count = now < known and math.max(n_active, peers + 1) or math.min(n_active, peers + 1)
  quorum = alone and 1 or math.max(2, math.ceil(3 * count / 10))
end
count_active()

-- The window of the node with the most of this part.
local function loudest(ranking) return window_of(redis.call('ZREVRANGE', ranking, 0, 0)[1]) end

-- A rate holds for the sum; and also, with half of the calls, without the loudest node.
local function rate_holds(rate, ranking, part)
  if rate <= 0 or n[part] < quorum or sum.calls < min_calls or sum[part] < rate * sum.calls then return false end
  if alone then return true end
  local top = loudest(ranking)
  local calls = sum.calls - top.calls
  return calls >= math.max(1, min_calls / 2) and sum[part] - top[part] >= rate * calls
end

-- A node's vote is its failures over its own threshold, at most 1000; with a rate, 1000 while its own circuit is open: it
-- makes no calls then, and its silence must not starve the rule. More than half of the active nodes' votes are needed, so
-- that noise does not add up to an outage; and half of that without the loudest node.
local function votes_hold()
  -- The quorum is implied: a node has at most one vote.
  if alone then return sum.votes >= 1000 end
  local need = 1000 * math.max(1, count / 2)
  return sum.votes > need and sum.votes - loudest(votes).votes >= need / 2
end

local function holds()
  return votes_hold() or rate_holds(failure_rate, failures, 'failures') or rate_holds(slow_rate, slow, 'slow')
end

if holds() and live > seen then
  -- The rule has to hold without the nodes that have crashed, or old votes would open a fleet that has been deployed
  -- anew. Fewer heartbeats than this node has seen are no evidence: the store may have lost them.
  local dropped = false
  for _, who in ipairs(redis.call('ZRANGE', active, 0, -1)) do
    if who ~= node and not redis.call('ZSCORE', nodes, who) then
      forget(who)
      dropped = true
    end
  end
  if dropped then
    n.failures, n.slow, n.votes = redis.call('ZCARD', failures), redis.call('ZCARD', slow), redis.call('ZCARD', votes)
    save_sums()
    count_active()
  end
end
if holds() then open() end
return view(differs)
