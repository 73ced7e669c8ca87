-- Reads the circuit. Makes no key, and renews no expiry but that of an override without an end.
return view()
