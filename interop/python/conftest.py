"""Where the service and the application are that interop/with-server started."""

import asyncio
import json
import os
import re
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import pytest


def _read(variable):
    return json.loads(Path(os.environ[variable]).read_text())


class Place:
    """The service, the application to provision into, and what to ask of the latter."""

    service = _read("PROVISOR_BOOTSTRAP")
    target = _read("PROVISOR_TARGET")
    host = urllib.parse.urlsplit(service["graphEndpoint"])
    scope = "https://graph.microsoft.com/.default"
    redirect = "http://127.0.0.1/callback"

    def code(self):
        """An administrator consents at the application and is sent back with a code."""
        query = urllib.parse.urlencode({
            "response_type": "code", "client_id": self.target["clientId"], "redirect_uri": self.redirect, "state": "s", "scope": "scim"})

        class Stay(urllib.request.HTTPRedirectHandler):
            def redirect_request(self, *_):
                return None

        try:
            urllib.request.build_opener(Stay).open(f"{self.target['authorizationEndpoint']}?{query}")
        except urllib.error.HTTPError as answer:
            return urllib.parse.parse_qs(urllib.parse.urlsplit(answer.headers["Location"]).query)["code"][0]
        raise AssertionError("the application did not redirect")

    def account(self, user_name):
        """What the application holds of a user name."""
        grant = urllib.parse.urlencode({
            "grant_type": "client_credentials", "client_id": self.target["clientId"], "client_secret": self.target["clientSecret"]})
        with urllib.request.urlopen(self.target["tokenEndpoint"], grant.encode()) as answer:
            token = json.load(answer)["access_token"]
        url = f"{self.target['scimEndpoint']}/Users?" + urllib.parse.urlencode({"filter": f'userName eq "{user_name}"'})
        with urllib.request.urlopen(urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})) as answer:
            found = json.load(answer).get("Resources", [])
        return found[0] if found else None


def refusals():
    """The documented errors, with names in braces to be filled in."""
    return json.loads((Path(os.environ["PROVISOR_INTEROP"]) / "refusals.json").read_text())


def filled(text, names):
    return re.sub(r"\{(\w+)\}", lambda found: names.get(found[1], found[0]), text)


@pytest.fixture(scope="session")
def place():
    return Place()


@pytest.fixture(scope="session")
def run():
    """Runs a coroutine on the one event loop of the session, which the SDK's connections belong to."""
    with asyncio.Runner() as runner:
        yield runner.run


@pytest.fixture(scope="session")
def until():
    def wait(ask, what):
        for _ in range(300):
            if answer := ask():
                return answer
            time.sleep(0.1)
        raise AssertionError(f"waited 30 s in vain for {what}")

    return wait
