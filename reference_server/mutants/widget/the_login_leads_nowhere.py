"""The login leads nowhere."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "WID-1",
    "who has proven the code is left at the form",
    shows="wanted: the chat is shown after the right code",
)
class TheLoginLeadsNowhere(Edited):
    file = "signin.js"
    old = "verify: async (email, code) => this.#entered(await this.account.verify(email, code)),"
    new = "verify: async (email, code) => (await this.account.verify(email, code)) && reached(),"
