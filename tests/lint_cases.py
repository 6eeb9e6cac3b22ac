"""Contradictory specs for test_lint.py: edits of a copy of the spec, and exactly the findings they cause."""

from typing import Any

REMOVED = object()
POLICY, OPENAPI, CONTROL = "policy.yaml", "openapi.yaml", "test-control.yaml"
REQUIREMENTS, PROBES, PAGE = "requirements.yaml", "probes.yaml", "page.yaml"

Edit = tuple[str, str, Any]  # file, keys joined by spaces, new value
Wanted = tuple[str, str, str]  # file, key, words of the sentence

A_REQUIREMENT = {
    "id": "ROOM-1",
    "level": "MUST",
    "profile": "core",
    "sentence": "x",
    "expected": {"accept": [200]},
    "checked": "conformance.checks.rooms",
}
OTP_ANSWER = "paths /__test__/otp get responses 200 content application/json schema"
SCHEMAS = "components.schemas"

CONTRADICTIONS: dict[str, tuple[list[Edit], list[Wanted]]] = {
    # policy.yaml: timings and budgets
    "the heartbeat once was every 30 s": (
        [(POLICY, "timings heartbeat_interval", 30)],
        [
            (
                POLICY,
                "timings.heartbeat_interval",
                "beats 120 times in 3600 s, and budgets.heartbeat allows 100",
            )
        ],
    ),
    "a few heartbeats too many": (
        [(POLICY, "timings heartbeat_interval", 35)],
        [(POLICY, "timings.heartbeat_interval", "103 times")],
    ),
    "polls outlast the offer": (
        [(POLICY, "timings offer_lifetime", 29)],
        [(POLICY, "timings.poll_timeout", "no longer than offer_lifetime (29 s)")],
    ),
    "polls outlast the answer": (
        [(POLICY, "timings answer_lifetime", 29)],
        [(POLICY, "timings.poll_timeout", "no longer than answer_lifetime (29 s)")],
    ),
    "rooms are listed as long as they live": (
        [(POLICY, "timings room_lifetime", 300)],
        [(POLICY, "timings.listing_window", "shorter than room_lifetime (300 s)")],
    ),
    "credentials end with the poll": (
        [(POLICY, "timings turn_credential_min", 30)],
        [(POLICY, "timings.poll_timeout", "shorter than turn_credential_min (30 s)")],
    ),
    "no credential lifetime is allowed": (
        [(POLICY, "timings turn_credential_max", 299)],
        [(POLICY, "timings.turn_credential_min", "no longer than turn_credential_max")],
    ),
    "a room falls out of the listing between heartbeats": (
        [(POLICY, "timings heartbeat_interval", 300)],
        [(POLICY, "timings.heartbeat_interval", "shorter than listing_window")],
    ),
    "one poll takes the whole time": (
        [(POLICY, "timings poll_interval", 30)],
        [(POLICY, "timings.poll_interval", "shorter than poll_timeout")],
    ),
    "a broadcaster looks too late": (
        [(POLICY, "timings participant_look_interval", 30)],
        [(POLICY, "timings.participant_look_interval", "shorter than poll_timeout")],
    ),
    "a session ends with its token": (
        [(POLICY, "timings session_lifetime", 900)],
        [(POLICY, "timings.access_token_lifetime", "shorter than session_lifetime")],
    ),
    "a stale token is within the leeway": (
        [(POLICY, "timings token_probe_offset", 60)],
        [(POLICY, "timings.token_leeway", "shorter than token_probe_offset")],
    ),
    "nothing of a lifetime is left to judge": (
        [(POLICY, "timings grace_before", 25)],
        [(POLICY, f"timings.{box}_lifetime", "more than the grace") for box in ("offer", "answer")],
    ),
    "joins need more offers than there are": (
        [(POLICY, "budgets joinRoom limit", 41), (POLICY, "unbudgeted_floor limit", 1230)],
        [(POLICY, "budgets.sendOffer", "need up to 51 in 3600 s, and 50 are allowed")],
    ),
    "joins in a shorter window need more offers": (
        [(POLICY, "budgets sendOffer window", 36000)],
        [(POLICY, "budgets.sendOffer", "need up to 300 in 36000 s, and 50 are allowed")],
    ),
    "joins need more answers than there are": (
        [(POLICY, "budgets sendAnswer limit", 19)],
        [(POLICY, "budgets.sendAnswer", "joinRoom need up to 20")],
    ),
    "rooms without a budget need offers without end": (
        [(POLICY, "budgets createRoom", "none")],
        [(POLICY, "budgets.sendOffer", "need up to inf")],
    ),
    "knocks leave nothing for candidates": (
        [(POLICY, "limits knocks", 60)],
        [(POLICY, "limits.knocks", "budgets.sendCandidate allows 60")],
    ),
    "polls are more than a target must allow": (
        [(POLICY, "unbudgeted_floor limit", 599)],
        [(POLICY, "unbudgeted_floor.limit", "read getOffer 600 times in 3600 s, not 599")],
    ),
    "looks are more than a target must allow": (
        [(POLICY, "timings participant_look_interval", 2)],
        [(POLICY, "timings.participant_look_interval", "looks 1800 times")],
    ),
    "a window that never opens": (
        [(POLICY, "budgets joinRoom window", 0)],
        [(POLICY, "budgets.joinRoom.window", "less than the minimum of 1")],
    ),
    # policy.yaml against openapi.yaml and test-control.yaml
    "files of another version": (
        [(POLICY, "version", "1.1")],
        [
            *[(file, "info.version", "expected 1.1") for file in (OPENAPI, CONTROL, "asyncapi.yaml")],
            (PAGE, "version", "expected 1.1"),
        ],
    ),
    "an operation without a word on its budget": (
        [(POLICY, "budgets listRooms", REMOVED)],
        [(POLICY, "budgets.listRooms", "give the operation a budget or say `none`")],
    ),
    "a budget of no operation": (
        [(POLICY, "budgets fly", {"limit": 1, "window": 1, "per": ["user"]})],
        [(POLICY, "budgets.fly", "is no operation")],
    ),
    "an operationId given twice": (
        [(OPENAPI, "paths /emoji/list get operationId", "getEmoji")],
        [
            (OPENAPI, "paths./emoji/{emojiId}.get", "the operationId getEmoji is given twice"),
            (POLICY, "budgets.listEmoji", "is no operation"),
            (REQUIREMENTS, "profiles.emoji.operations", "listEmoji is no operation"),
            *[(REQUIREMENTS, f"EMO-{n}.operations", "listEmoji is no operation") for n in (1, 3)],
        ],
    ),
    "codes of another length": (
        [(POLICY, "limits otp_digits", 6)],
        [
            (OPENAPI, f"{SCHEMAS}.VerifyOtpRequest.properties.otp", "exactly 6 digits"),
            (CONTROL, OTP_ANSWER.replace(" ", "."), "exactly 6 digits"),
        ],
    ),
    "another version of the envelope": (
        [(POLICY, "envelope version", 4)],
        [(OPENAPI, f"{SCHEMAS}.Envelope.properties.version", "policy.yaml")],
    ),
    "another algorithm": (
        [(OPENAPI, "components schemas Envelope properties algorithm const", "AES-CBC-256")],
        [(OPENAPI, f"{SCHEMAS}.Envelope.properties.algorithm", "policy.yaml")],
    ),
    "another length of iv": (
        [(POLICY, "envelope iv_bytes", 16)],
        [(OPENAPI, f"{SCHEMAS}.Envelope.properties.iv", "policy.yaml")],
    ),
    "another length of salt": (
        [(OPENAPI, "components schemas Envelope properties salt pattern", "^[A-Za-z0-9+/]{32}$")],
        [(OPENAPI, f"{SCHEMAS}.Envelope.properties.salt", "policy.yaml")],
    ),
    "sealed data without room for the tag": (
        [(OPENAPI, "components schemas Envelope properties data minLength", 4)],
        [(OPENAPI, f"{SCHEMAS}.Envelope.properties.data", "policy.yaml")],
    ),
    "another name of the token cookie": (
        [(POLICY, "names token_cookie", "session")],
        [(OPENAPI, "components.securitySchemes.cookie.name", "expected session")],
    ),
    "another name of the refresh cookie": (
        [(OPENAPI, "components securitySchemes refreshCookie name", "session")],
        [(OPENAPI, "components.securitySchemes.refreshCookie.name", "expected refresh_token")],
    ),
    "another name of the CSRF header": (
        [(POLICY, "names csrf_header", "X-XSRF-Token")],
        [(OPENAPI, "components.parameters.Csrf.name", "expected X-XSRF-Token")],
    ),
    "another size of emoji": (
        [(POLICY, "limits emoji_bytes", 100_000)],
        [(OPENAPI, f"{SCHEMAS}.UploadEmojiRequest.properties.file", "expected x-max-bytes 100000")],
    ),
    "valid bodies that are too large": (
        [(OPENAPI, "components schemas EncryptedRoomKey maxLength", 300_000)],
        [(POLICY, "limits.body_bytes", "a valid body of createRoom")],
    ),
    "valid ids that are too long": (
        [(POLICY, "limits path_id_bytes", 255)],
        [(POLICY, "limits.path_id_bytes", "a roomId may have 255 characters")],
    ),
    "an example that breaks its schema": (
        [
            (
                OPENAPI,
                "paths /health get responses 200 content application/json examples ok value status",
                "fine",
            )
        ],
        [(OPENAPI, "paths./health.get.responses.200.content.application/json.examples.ok.status", "one of")],
    ),
    "a reference that leads nowhere": (
        [(OPENAPI, "components schemas Health", REMOVED)],
        [(OPENAPI, "", "#/components/schemas/Health: points at nothing")],
    ),
    "an odd name that is no name": (
        [(PROBES, "weird_names 0", "a.b")],
        [(PROBES, "weird_names[0]", "should be a valid Name")],
    ),
    "markup that is a name": (
        [(PROBES, "markup 0", "parley")],
        [(PROBES, "markup[0]", "should be no valid Name")],
    ),
    "a pattern violation that is none": (
        [(PROBES, "pattern_violations roomId 0", "room_parley")],
        [(PROBES, "pattern_violations.roomId[0]", "should be no valid RoomId")],
    ),
    # requirements.yaml
    "an id of another form": (
        [(REQUIREMENTS, "requirements ROOM-1 id", "ROOM-1a")],
        [(REQUIREMENTS, "ROOM-1a.id", "does not match")],
    ),
    "an id given twice": (
        [(REQUIREMENTS, "requirements +", A_REQUIREMENT)],
        [(REQUIREMENTS, "ROOM-1", "given 2 times")],
    ),
    "an outcome left out": (
        [(REQUIREMENTS, "requirements ROOM-1 expected", REMOVED)],
        [(REQUIREMENTS, "ROOM-1.expected", "is missing")],
    ),
    "a requirement of an operation that is none": (
        [(REQUIREMENTS, "requirements ROOM-1 operations", ["fly"])],
        [(REQUIREMENTS, "ROOM-1.operations", "fly is no operation")],
    ),
    "a requirement of a profile that is none": (
        [(REQUIREMENTS, "requirements ROOM-1 profile", "flight")],
        [(REQUIREMENTS, "ROOM-1.profile", "flight is not among the profiles")],
    ),
    "a condition that nobody answers": (
        [(REQUIREMENTS, "requirements ROOM-1 when", "sunny")],
        [(REQUIREMENTS, "ROOM-1.when", "sunny is not among the conditions")],
    ),
    "a wait for a timing that is none": (
        [(REQUIREMENTS, "requirements ROOM-12 wait", "listing_window + patience")],
        [(REQUIREMENTS, "ROOM-12.wait", "no timing patience")],
    ),
    "a bound that is none": (
        [(REQUIREMENTS, "requirements SLO-1 expected measure below", "objectives.errors")],
        [(REQUIREMENTS, "SLO-1.expected", "no objectives.errors")],
    ),
    "neither checked nor excluded": (
        [(REQUIREMENTS, "requirements ROOM-1 checked", REMOVED)],
        [(REQUIREMENTS, "ROOM-1.checked", "is missing")],
    ),
    "both checked and excluded": (
        [(REQUIREMENTS, "requirements ROOM-1 excluded", "for no reason")],
        [(REQUIREMENTS, "ROOM-1.checked", "is not allowed here")],
    ),
    "excluded without a reason": (
        [
            (REQUIREMENTS, "requirements ROOM-1 excluded", " "),
            (REQUIREMENTS, "requirements ROOM-1 checked", REMOVED),
        ],
        [(REQUIREMENTS, "ROOM-1.excluded", "does not match")],
    ),
    "a profile left out": (
        [(REQUIREMENTS, "profiles cdn", REMOVED)],
        [(REQUIREMENTS, "profiles.cdn", "is missing")],
    ),
    "a profile in no level": (
        [(REQUIREMENTS, "levels Complete profiles slo", REMOVED)],
        [(REQUIREMENTS, "profiles.slo", "is in no level of its subject (server)")],
    ),
    "a requirement that no level asks for": (
        [(REQUIREMENTS, "requirements ROOM-1 subject", "client")],
        [(REQUIREMENTS, "ROOM-1.subject", "core is in no level of the subject client")],
    ),
    "a level of a profile that is none": (
        [(REQUIREMENTS, "levels Core profiles +", "flight")],
        [(REQUIREMENTS, "levels.Core", "flight is not among the profiles")],
    ),
    "a profile of a subject that is none": (
        [(REQUIREMENTS, "profiles cdn subject", "cloud")],
        [(REQUIREMENTS, "profiles.cdn.subject", "one of")],
    ),
    "an operation that no profile offers": (
        [(REQUIREMENTS, "profiles core operations health", REMOVED)],
        [
            (
                REQUIREMENTS,
                "profiles",
                "expected health in the operations of exactly one profile, found it in 0",
            )
        ],
    ),
    "an operation that two profiles offer": (
        [(REQUIREMENTS, "profiles ice operations +", "health")],
        [(REQUIREMENTS, "profiles", "found it in 2")],
    ),
    "a profile that offers an operation that is none": (
        [(REQUIREMENTS, "profiles ice operations +", "fly")],
        [(REQUIREMENTS, "profiles.ice.operations", "fly is no operation")],
    ),
    # the others
    "a probe without a name": (
        [(PROBES, "path_ids 0 name", REMOVED)],
        [(PROBES, "path_ids[0].name", "is missing")],
    ),
    "an element of the page that nobody can find": (
        [(PAGE, "elements client", {"selector": "", "shown": "chat"})],
        [(PAGE, "elements.client.selector", "fewer than 1")],
    ),
}

AT_THE_EDGE: list[Edit] = [
    (POLICY, "timings heartbeat_interval", 36),
    (POLICY, "timings turn_credential_min", 31),
    (POLICY, "timings grace_before", 24),
    (POLICY, "budgets sendOffer limit", 30),
    (POLICY, "budgets sendAnswer limit", 20),
    (POLICY, "limits knocks", 59),
    (POLICY, "timings participant_look_interval", 3),
    (POLICY, "limits path_id_bytes", 256),
]
