-- Common to the scripts of one circuit, and put before each of them. All keys lie in one slot, and all of them expire.
--
-- circuit   hash: epoch, gen (generation), state c|o|h (closed, open, half-open), ends (of the open time), lasts (the open
--           time), failed (failed recoveries), passed (successful trials), token (the last one issued), last_failed (node
--           whose trial failed last), known (from when the active nodes are known), time (of the last write), config (of
--           the last reporter), sum_* (sums over `windows`), n_* (entries of the other keys)
-- windows   hash: node -> seq:calls:failures:slow:vote, the node's own window, absolute
-- active    sorted set: node -> time of its last call, as of its last report
-- votes, failures, slow
--           sorted sets: node -> that part of its window, without zeros
-- leases    sorted set: r/node/token (reserved) or s/node/token (started) -> deadline
-- override  hash with its own expiry: state, lasts (in ms, 0 without an end), reason, by
-- change    string: a new value with each transition of a circuit of this bucket, and after a loss of it; also the channel
--           of hints. `beat` keeps it alive
-- nodes     sorted set of `beat`: live node -> time of its last heartbeat
--
-- Times are the server's, in microseconds. Replies have remaining times, so that no clock is compared with another.
local circuit, windows, active, votes, failures, slow, leases, override, change, nodes = unpack(KEYS)

local DAY = 86400000000
local YEAR = 365 * DAY
-- A clock that goes back by more than this has been set. Less is jitter.
local STEP = 1000000
-- An entry count that never matches: the key is not to be relied on.
local UNKNOWN = -1

-- `tostring(1.7e15)` is "1.7e+15", which is not an integer to Redis.
local function int(number) return string.format('%.0f', number) end
local function number(text) return tonumber(text or 0) end
-- Longer ones are not exact in a double, or overflow an expiry.
local function duration(text) return math.min(tonumber(text), YEAR) end

local now = clock()
local node, nonce = ARGV[1], ARGV[5]
local open_us, max_us, ttl_ms = duration(ARGV[2]), duration(ARGV[3]), duration(ARGV[4])

-- The circuit, as stored. Only reports need the rest of it.
local h = redis.call('HMGET', circuit, 'epoch', 'state', 'last_failed', 'gen', 'ends', 'lasts', 'failed', 'passed', 'token',
  'time', 'n_active', 'n_leases')
local it = {
  epoch = h[1], state = h[2], last_failed = h[3], gen = number(h[4]), ends = number(h[5]), lasts = number(h[6]),
  failed = number(h[7]), passed = number(h[8]), token = number(h[9]), time = number(h[10]), n_active = number(h[11]),
  n_leases = number(h[12]),
}
-- Read before anything is written: a key of the circuit or of the override that belongs to another program is an error
-- that changes nothing. The other keys are the circuit's alone: the next period deletes them, also those of others, and an
-- error of one may come after a write.
local opinion = redis.call('HMGET', override, 'state', 'lasts', 'reason', 'by')

-- Called for each key that is written. An open circuit is kept for some time after its end.
local function keep(key) redis.call('PEXPIRE', key, int(math.max(ttl_ms, 4 * it.lasts / 1000))) end

-- Writes these fields of the circuit, and the time of the write.
local function save(...)
  redis.call('HSET', circuit, 'time', int(now), ...)
  keep(circuit)
end

-- Tells all nodes to ask. A node that asks learns the rest, so a hint that is lost or not permitted costs only time.
local function announce()
  redis.call('SET', change, nonce .. '.' .. int(now), 'PX', int(ttl_ms))
  redis.pcall('PUBLISH', change, nonce)
end

-- The reply of every script: epoch, generation, state, time left of the opening; the override, the time left of it (-1:
-- without an end), its reason, its author; what else the script has to tell, and a token.
local function view(extra, token)
  local left = 0
  if opinion[1] then
    local lasts, ms = tonumber(opinion[2]), redis.call('PTTL', override)
    if lasts == 0 then
      -- Without an end: renewed once a day by those who see it, so that it ends only where no node is left.
      if ms < 29 * DAY / 1000 then redis.call('PEXPIRE', override, int(30 * DAY / 1000)) end
      left = -1
    else
      -- A clock that went back would prolong it by the step: never more than its whole time.
      if ms > lasts then redis.call('PEXPIRE', override, int(lasts)) end
      left = math.min(ms, lasts) * 1000
    end
  end
  local open_for = it.state == 'o' and math.max(0, it.ends - now) or 0
  return { it.epoch or '', it.gen, it.state or '-', open_for, opinion[1] or '', left, opinion[3] or '', opinion[4] or '',
    extra or 0, token or 0 }
end

-- Drops all windows and leases. The sum of no windows is zero.
local function clear()
  redis.call('UNLINK', windows, votes, failures, slow, leases)
  redis.call('HDEL', circuit, 'sum_calls', 'sum_failures', 'sum_slow', 'sum_votes', 'n_windows', 'n_failures', 'n_slow',
    'n_votes', 'n_leases')
  it.n_leases = 0
end

-- A transition: the next generation, without windows and leases. The active nodes stay active.
local function turn(state)
  clear()
  it.gen, it.state, it.passed = it.gen + 1, state, 0
  save('gen', it.gen, 'state', state, 'ends', int(it.ends), 'lasts', int(it.lasts), 'failed', it.failed, 'passed', 0,
    'last_failed', it.last_failed)
  announce()
end

-- The open time doubles with each failed recovery, up to its maximum.
local function open()
  it.lasts = math.min(open_us * 2 ^ math.min(it.failed, 40), math.max(open_us, max_us))
  it.ends = now + it.lasts
  turn('o')
end

-- A trial of this node has failed: open again, for longer.
local function fail(whose)
  it.failed, it.last_failed = it.failed + 1, whose
  open()
end

-- The leases in the order of their deadlines.
local function load_leases()
  local found, list = redis.call('ZRANGE', leases, 0, -1, 'WITHSCORES'), {}
  for i = 1, #found, 2 do
    local kind, holder, token = string.match(found[i], '^(.)/(.*)/(%d+)$')
    list[#list + 1] = { member = found[i], started = kind == 's', node = holder, token = tonumber(token),
      ends = tonumber(found[i + 1]) }
  end
  return list
end

-- The leases of a half-open circuit, or nil if it is not, or not any more.
local function trials()
  if it.state ~= 'h' then return nil end
  local list = load_leases()
  if #list ~= it.n_leases then
    -- The leases are lost, and with them the trials that run: the next generation tries anew.
    turn('h')
    return {}
  end
  for _, lease in ipairs(list) do
    if lease.started and lease.ends <= now then
      -- A trial that has not reported in its time has failed.
      fail(lease.node)
      return nil
    end
  end
  return list
end

-- The server's clock has been set back, or another host has taken over: what is to come moves with it. The times of the
-- active nodes are not to be relied on, and the windows begin anew with the next report.
if it.epoch and now < it.time - STEP then
  local by = now - it.time
  it.ends, it.n_active = it.ends + by, UNKNOWN
  for _, lease in ipairs(load_leases()) do redis.call('ZADD', leases, int(lease.ends + by), lease.member) end
  save('ends', int(it.ends), 'n_active', UNKNOWN)
end
