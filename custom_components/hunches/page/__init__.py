"""What the page shows, as JSON for whoever looks at it: `now`, `devices`, `expected`, `fleet_map`, `done` and `trust`.

Nothing here changes anything. `websocket_api` passes it on, `panel/` draws it.
"""
