-- Sets an operator's override, or ends it. It is no part of the circuit, and works without one.
-- ARGV 6 state ('' ends it)  7 ms (0: without an end)  8 reason  9 by
redis.call('UNLINK', override)
opinion = {}
if ARGV[6] ~= '' then
  local ms = math.min(tonumber(ARGV[7]), YEAR / 1000)
  redis.call('HSET', override, 'state', ARGV[6], 'lasts', int(ms), 'reason', ARGV[8], 'by', ARGV[9])
  redis.call('PEXPIRE', override, int(ms == 0 and 30 * DAY / 1000 or ms))
  opinion = { ARGV[6], ms, ARGV[8], ARGV[9] }
end
announce()
return view()
