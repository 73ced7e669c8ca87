-- Records a node's own window, and decides whether the circuit opens. Extra: 1 if the report before it came from a node
-- with another configuration.
-- ARGV 6 seq  7 epoch  8 generation  9 calls  10 failures  11 slow  12 vote (0..1000)
--      13 failure_rate  14 slow_rate (0: no such rule)  15 min_calls  16 peers  17 fresh_us  18 config
local seq, epoch, gen = tonumber(ARGV[6]), ARGV[7], tonumber(ARGV[8])
local min_calls, peers, fresh = tonumber(ARGV[15]), tonumber(ARGV[16]), duration(ARGV[17])
-- A new epoch learns within this time who is active.
local YOUNG = 5000000
-- So many nodes that are not active any more leave with one report, which bounds the script.
local LEAVING = 10

if not it.epoch then
  -- The circuit never was, or was evicted or flushed: an epoch begins. Remains of the last one are of no use.
  redis.call('UNLINK', active)
  clear()
  it.epoch, it.gen, it.state, it.known, it.last_failed, it.config = nonce, 1, 'c', now + YOUNG, '', ''
  save(unpack(FIELDS))
  announce()
  -- A node that knew of no epoch counts in the one that it began.
  if epoch == '' then epoch, gen = it.epoch, it.gen end
end

-- The entries of all keys are counted, so that the loss of one is noticed (`maxmemory` evicts keys one by one).
local active_intact = redis.call('ZCARD', active) == it.n_active
if epoch ~= it.epoch or gen ~= it.gen or it.state ~= 'c' then
  -- A window of another time is not counted. The node has calls though, even if all of them were rejected.
  redis.call('ZADD', active, int(now), node)
  it.n_active = active_intact and redis.call('ZCARD', active) or UNKNOWN
  save('n_active')
  return view()
end
if not active_intact or redis.call('HLEN', windows) ~= it.n_windows or redis.call('ZCARD', votes) ~= it.n_votes
  or redis.call('ZCARD', failures) ~= it.n_failures or redis.call('ZCARD', slow) ~= it.n_slow then
  -- Sums without their parts would never come down. Every active node reports anew within half of `fresh`.
  redis.call('UNLINK', active)
  clear()
  it.known = now + fresh / 2
end

local function read(who)
  local s, c, f, l, v = string.match(redis.call('HGET', windows, who) or '0:0:0:0:0', '^(%d+):(%d+):(%d+):(%d+):(%d+)$')
  return { seq = tonumber(s), calls = tonumber(c), failures = tonumber(f), slow = tonumber(l), votes = tonumber(v) }
end
local function subtract(window)
  it.sum_calls, it.sum_failures = it.sum_calls - window.calls, it.sum_failures - window.failures
  it.sum_slow, it.sum_votes = it.sum_slow - window.slow, it.sum_votes - window.votes
end
local function rank(ranking, value, was)
  if value > 0 then redis.call('ZADD', ranking, int(value), node) elseif was > 0 then redis.call('ZREM', ranking, node) end
end

local before = read(node)
-- A duplicate, or overtaken by a newer report: nothing changes.
if before.seq >= seq then return view() end
local own = { calls = tonumber(ARGV[9]), failures = tonumber(ARGV[10]), slow = tonumber(ARGV[11]), votes = tonumber(ARGV[12]) }
subtract(before)
it.sum_calls, it.sum_failures = it.sum_calls + own.calls, it.sum_failures + own.failures
it.sum_slow, it.sum_votes = it.sum_slow + own.slow, it.sum_votes + own.votes
redis.call('HSET', windows, node, table.concat({ ARGV[6], ARGV[9], ARGV[10], ARGV[11], ARGV[12] }, ':'))
redis.call('ZADD', active, int(now), node)
rank(votes, own.votes, before.votes)
rank(failures, own.failures, before.failures)
rank(slow, own.slow, before.slow)

-- A node without a call for long is not active, and its window is old.
for _, gone in ipairs(redis.call('ZRANGEBYSCORE', active, '-inf', int(now - fresh), 'LIMIT', 0, LEAVING)) do
  subtract(read(gone))
  redis.call('HDEL', windows, gone)
  for _, key in ipairs({ active, votes, failures, slow }) do redis.call('ZREM', key, gone) end
end

it.n_windows, it.n_active = redis.call('HLEN', windows), redis.call('ZCARD', active)
it.n_votes, it.n_failures, it.n_slow = redis.call('ZCARD', votes), redis.call('ZCARD', failures), redis.call('ZCARD', slow)
local differs = it.config ~= '' and it.config ~= ARGV[18] and 1 or 0
it.config = ARGV[18]
save('config', 'known', 'sum_votes', 'sum_calls', 'sum_failures', 'sum_slow', 'n_windows', 'n_active', 'n_votes', 'n_failures', 'n_slow')

-- A report without failures never opens.
if own.votes == 0 and own.failures == 0 and own.slow == 0 then return view(differs) end

local alone = peers == 0
local count = it.n_active
-- Until all active nodes have reported, every live node counts as active.
if now < it.known then count = math.max(count, peers + 1) end
local quorum = alone and 1 or math.max(2, math.ceil(3 * count / 10))

-- The loudest node of a ranking.
local function loudest(ranking) return read(redis.call('ZREVRANGE', ranking, 0, 0)[1]) end

-- A rate holds for the sum; and also, with half of the calls, without the loudest node.
local function rate_holds(rate, sum, ranking, entries, part)
  if rate <= 0 or entries < quorum then return false end
  if it.sum_calls < min_calls or sum < rate * it.sum_calls then return false end
  if alone then return true end
  local top = loudest(ranking)
  local calls = it.sum_calls - top.calls
  return calls >= math.max(1, min_calls / 2) and sum - top[part] >= rate * calls
end

-- A node's vote is its failures over its own threshold, at most 1000; with a rate, 1000 while its own circuit is open: it
-- makes no calls then, and its silence must not starve the rule. More than half of the active nodes' votes are needed, so
-- that noise does not add up to an outage; and half of that without the loudest node.
local function votes_hold()
  if it.n_votes < quorum then return false end
  if alone then return it.sum_votes >= 1000 end
  local need = 1000 * math.max(1, count / 2)
  return it.sum_votes > need and it.sum_votes - loudest(votes).votes >= need / 2
end

if votes_hold() or rate_holds(tonumber(ARGV[13]), it.sum_failures, failures, it.n_failures, 'failures')
  or rate_holds(tonumber(ARGV[14]), it.sum_slow, slow, it.n_slow, 'slow') then
  open()
end
return view(differs)
