-- Reserves a place for a trial. Extra: the time left of the reservation, 0 if it is denied; and its token.
-- ARGV 6 peers  7 permits (at once)  8 need (successes that close)  9 hold_us  10 grace_us
-- Every script lists the leases, so their number is bounded.
local MOST = 1000
local peers, permits, need = tonumber(ARGV[6]), math.min(tonumber(ARGV[7]), MOST), tonumber(ARGV[8])
local hold, grace = duration(ARGV[9]), duration(ARGV[10])

-- No circuit, closed, or not yet: denied. A denial writes nothing.
if not it.epoch or it.state == 'c' or (it.state == 'o' and now < it.ends) then return view() end
local list = {}
if it.state == 'h' then
  list = trials()
  -- A trial was over: open again.
  if not list then return view() end
end
-- The node whose trial failed last lets the others go first.
if it.last_failed == node and peers > 0 and now < it.ends + grace then return view() end

local held = 0
for _, lease in ipairs(list) do
  if lease.started or now < lease.ends then
    -- The reply was lost: a node has one reservation at a time.
    if not lease.started and lease.node == node then return view(lease.ends - now, lease.token) end
    held = held + 1
  end
end
-- At most `permits` at once, and no more in all than can be needed; but one, because only a trial closes the circuit: a
-- configuration that needs fewer successes may follow when there have been enough.
if held >= math.max(1, math.min(permits, math.max(permits, need) - it.passed)) then return view() end

if it.state == 'o' then turn('h') end
for _, lease in ipairs(list) do
  -- Reserved and never used: nothing happened, and the place is free.
  if not lease.started and lease.ends <= now then redis.call('ZREM', leases, lease.member) end
end
it.token = it.token + 1
redis.call('ZADD', leases, int(now + hold), 'r/' .. node .. '/' .. int(it.token))
keep(leases)
save('token', it.token, 'n_leases', held + 1)
return view(hold, it.token)
