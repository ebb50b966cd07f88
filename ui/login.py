"""The door of the page when keys exist: a form that takes a key and gives a session."""

from html import escape
from typing import TYPE_CHECKING, Annotated

from ui.guard import COOKIE, SESSION_SECONDS, Sessions, session_token
from ui.keys import Keys
from ui.words import BRAND, LOGIN, LOGIN_GO, LOGIN_HINT, LOGIN_WRONG

if TYPE_CHECKING:
    from fastapi import FastAPI

_CSP = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'"
_PAGE = """<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{login} · {brand}</title>
<link rel="icon" href="page/favicon.svg">
<link rel="stylesheet" href="widget/login.css">
</head>
<body>
<main>
<h1>{brand}</h1>
<form method="post" action="login">
<label for="key">{hint}</label>
<input id="key" name="key" type="password" autocomplete="current-password" required autofocus>
{wrong}
<button type="submit">{go}</button>
</form>
</main>
</body>
</html>
"""


def add_login(app: "FastAPI", keys: Keys, sessions: Sessions) -> None:
    """Serve /login and /logout."""
    from fastapi import Form, Request
    from fastapi.responses import HTMLResponse, RedirectResponse, Response

    def form(status: int, wrong: str = "") -> Response:
        told = f'<p role="alert">{escape(wrong)}</p>' if wrong else ""
        page = _PAGE.format(brand=BRAND, login=LOGIN, hint=LOGIN_HINT, go=LOGIN_GO, wrong=told)
        return HTMLResponse(page, status, headers={"Content-Security-Policy": _CSP, "Cache-Control": "no-store"})

    @app.get("/login", include_in_schema=False)
    def ask() -> Response:
        return form(200) if keys.all() else RedirectResponse("/", 303)

    @app.post("/login", include_in_schema=False)
    def enter(request: Request, key: Annotated[str, Form(max_length=200)] = "") -> Response:
        holder = keys.holder(key.strip())
        if holder is None:
            return form(401, LOGIN_WRONG)
        answer = RedirectResponse("/", 303)
        answer.set_cookie(
            COOKIE,
            sessions.open(holder),
            max_age=SESSION_SECONDS,
            httponly=True,
            samesite="strict",
            secure=request.url.scheme == "https",
        )
        return answer

    @app.post("/logout", include_in_schema=False)
    def leave(request: Request) -> Response:
        sessions.close(session_token(request.headers.get("cookie", "")))
        answer = RedirectResponse("/login", 303)
        answer.delete_cookie(COOKIE)
        return answer
