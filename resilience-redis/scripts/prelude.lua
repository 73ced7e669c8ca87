-- Common to the scripts of one circuit, and put before each of them. All keys lie in one slot.
--
-- C hash    the circuit: ep epoch, g generation, st c|o|h, un end of the open time, k failed recoveries, ok trials that
--           succeeded, lf node whose trial failed last, b when the epoch began, t time of the last write,
--           cf configuration of the last reporter; W votes, C calls, B failures, S slow calls: sums over N, cnt entries of N
-- N hash    closed: node -> seq:calls:failures:slow:votes, the node's own window, absolute
--           half-open: node -> number of the last token it was granted
-- Z zset    node -> when it last had a call: the active nodes
-- F zset    node -> its weight against the dependency, if there is one
-- L zset    r:token (reserved) | s:token (started) -> deadline
-- O hash    the operator's override, with its own expiry: st, why
-- V string  changes with every change of a circuit of this namespace
--
-- Times are the server's, in microseconds. Answers have times that remain, so nobody's clock is compared with another.
local C, N, Z, F, L, O, V = unpack(KEYS)
-- `tostring(1.7e15)` is "1.7e+15".
local function int(x) return string.format('%.0f', x) end
local function clock() local t = redis.call('TIME') return t[1] * 1000000 + t[2] end --CLOCK
local now = clock()
local ep, g, st, un, k, ok, lf, born, last
local function load()
  local h = redis.call('HMGET', C, 'ep', 'g', 'st', 'un', 'k', 'ok', 'lf', 'b', 't')
  ep, g, st, lf = h[1], tonumber(h[2] or 0), h[3], h[7]
  un, k, ok = tonumber(h[4] or 0), tonumber(h[5] or 0), tonumber(h[6] or 0)
  born, last = tonumber(h[8] or 0), tonumber(h[9] or 0)
end
load()
-- The server's clock went back (a step, or a failover to another host): what is to come moves with it, and the window
-- begins anew.
if ep and now < last - 1000000 then
  local d = now - last
  un = un + d; born = math.min(born, now)
  local l = redis.call('ZRANGE', L, 0, -1, 'WITHSCORES')
  for i = 1, #l, 2 do redis.call('ZADD', L, int(l[i + 1] + d), l[i]) end
  redis.call('DEL', Z, F)
  -- In half-open, N remembers which tokens were granted, and has to stay.
  if st == 'c' then redis.call('DEL', N) end
  redis.call('HSET', C, 'un', int(un), 'b', int(born), 't', int(now), 'W', 0, 'C', 0, 'B', 0, 'S', 0, 'cnt', 0)
end
-- The answer of every script: epoch, generation, state, microseconds left of the opening, override, milliseconds left of
-- the override, extra, why the override, the configuration of the last reporter.
local function view(extra)
  local o = redis.call('HMGET', O, 'st', 'why')
  local left = o[1] and redis.call('PTTL', O) or 0
  if not ep then return { '', 0, '-', 0, o[1] or '', left, extra or 0, o[2] or '', '' } end
  local open = st == 'o' and math.max(0, un - now) or 0
  return { ep, g, st, open, o[1] or '', left, extra or 0, o[2] or '', redis.call('HGET', C, 'cf') or '' }
end
local function keep(ttl)
  for _, key in ipairs({ C, N, Z, F, L }) do redis.call('PEXPIRE', key, ttl) end
end
-- A transition: the next generation, without tallies and leases. Activity stays. The others get a hint to ask.
local function turn(to, nonce, ttl)
  g = g + 1; st = to
  redis.call('UNLINK', N, F, L)
  redis.call('HSET', C, 'g', g, 'st', to, 'un', int(un), 'k', k, 'ok', 0, 't', int(now), 'W', 0, 'C', 0, 'B', 0, 'S', 0, 'cnt', 0)
  redis.call('SET', V, nonce, 'PX', 600000)
  keep(ttl)
  redis.call('PUBLISH', V, '')
end
-- The open time doubles with each failed recovery, up to its maximum. The keys outlive it.
local function open(open_us, max_us, nonce, ttl)
  local time = math.min(open_us * 2 ^ math.min(k, 20), math.max(max_us, open_us))
  un = now + time
  turn('o', nonce, int(math.max(tonumber(ttl), 4 * time / 1000)))
end
