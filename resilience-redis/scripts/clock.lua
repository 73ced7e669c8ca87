-- The time of the server in microseconds. Put before every script; the only place that reads a clock, so that tests can
-- replace it.
local function clock()
  local time = redis.call('TIME')
  return time[1] * 1000000 + time[2]
end
