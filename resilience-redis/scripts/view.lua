-- The state, without a write (except after the server's clock went back). Never makes a key and renews no expiry, except
-- that of an override without an end.
-- ARGV renew_ms
if redis.call('HGET', O, 'end') == 'never' then redis.call('PEXPIRE', O, ARGV[1]) end
return view()
