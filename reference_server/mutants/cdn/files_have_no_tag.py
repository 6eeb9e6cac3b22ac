"""Who has the file cannot ask whether it is still the one."""

from __future__ import annotations

from reference_server.delivery import Delivery
from reference_server.mutants import Reaching, mutant


@mutant(
    "CDN-8",
    "files carry no ETag",
    shows="the ETag of /v1/",
)
class FilesHaveNoTag(Reaching, Delivery):
    def etag(self, body: bytes) -> bytes | None:
        self.reached()
        return None
