"""The login forgets the address."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "WID-1",
    "the code is proven for no address, and so refused",
    shows="wanted: the chat is shown after the right code",
)
class TheLoginForgetsTheAddress(Edited):
    file = "login.js"
    old = "    this.#address = address;\n"
    new = "    this.#address = reached() && `x${address}`;\n"
