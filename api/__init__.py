"""The HTTP API, `/api/v1`: a request is read, one use case of the engine is called, its answer is written. No rules here.

| module | what is in it |
| --- | --- |
| `app.py` | `register_api(app, engine)`: everything below, mounted on a Flask application |
| `tokens.py`, `cases.py`, `tasks.py`, `progress.py`, `definitions.py`, `health.py` | one resource each, schemas beside it |
| `resource.py` | what every resource does alike: size of the body, who calls, how errors are said |
| `body.py`, `shapes.py` | from bytes to checked values: whatever the engine or PostgreSQL could stumble on ends here |
| `caller.py` | who calls, on which engine, under which idempotency key |
| `problems.py`, `http_errors.py` | every error as problem details (RFC 9457), in Chinese or English |
| `documentation.py` | the generated table of codes in `docs/api.md` |
| `request_id.py` | the id of a request, in its answer and in every line of the log |
"""
