-- The outcome of a trial, and the decision. Extra: 1 if it counts.
-- ARGV 6 token  7 epoch  8 generation  9 outcome (ok, fail or cancel)  10 need
if it.epoch ~= ARGV[7] or it.gen ~= tonumber(ARGV[8]) or not trials() then return view() end
local name = '/' .. node .. '/' .. ARGV[6]
-- Settled, lost, or its place was given to another node: an outcome counts once. Its start may have been lost.
if redis.call('ZREM', leases, 'r' .. name, 's' .. name) == 0 then return view() end
if ARGV[9] == 'fail' then
  fail(node)
elseif ARGV[9] == 'ok' and it.passed + 1 >= tonumber(ARGV[10]) then
  -- Enough trials have succeeded. The open time begins again with its shortest.
  it.failed, it.lasts, it.last_failed = 0, 0, ''
  turn('c')
else
  -- One more success; or a call that has not judged anything, which returns its place.
  if ARGV[9] == 'ok' then it.passed = it.passed + 1 end
  save('passed', it.passed, 'n_leases', redis.call('ZCARD', leases))
end
return view(1)
