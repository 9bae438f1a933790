"""Acme Automations: a small B2B product that uses both SDKs as any customer would.

It imports nothing of the server. `cast` invents the customers, `history` their first six months,
`product` is the web application, `visitor` a person in a real browser, `story` tells what happens.
"""
