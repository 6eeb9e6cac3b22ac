"""The Docker engine: does it answer, has it the image, and what of ours is left in it.

As a command (`python engine.py LABEL`) it removes the containers with this label: the reaper's part.
"""

from __future__ import annotations

import sys
import threading
from typing import Any

import docker
import docker.errors

ANSWER_S = 5  # for one call of the engine's API
OWNER = "parley.owner"  # the label by which our containers are known again


class EngineError(Exception):
    """The engine does not answer, or refuses; one sentence."""


def client(timeout_s: int = ANSWER_S) -> Any:
    """A client of the engine that DOCKER_HOST or the default socket names. Raises EngineError."""
    try:
        found = docker.from_env(timeout=timeout_s)
        found.ping()
    except (docker.errors.DockerException, OSError) as error:
        raise EngineError(f"no Docker engine answers: {_short(error)}") from None
    return found


def need_image(name: str, within_s: float) -> None:
    """The image is there, or is pulled within this time. Raises EngineError."""
    engine = client()
    try:
        engine.images.get(name)
        return
    except docker.errors.ImageNotFound:
        pass
    except (docker.errors.DockerException, OSError) as error:
        raise EngineError(f"the Docker engine does not tell its images: {_short(error)}") from None
    finally:
        engine.close()
    failed: list[str] = []
    done = threading.Event()

    def pull() -> None:
        try:
            client(int(within_s) + ANSWER_S).images.pull(name)
        except (docker.errors.DockerException, EngineError, OSError) as error:
            failed.append(_short(error))
        done.set()

    # The engine goes on pulling where we stop waiting: the next run then finds the image.
    threading.Thread(target=pull, daemon=True).start()
    if not done.wait(within_s):
        raise EngineError(f"the image {name} was not pulled within {within_s:g} s")
    if failed:
        raise EngineError(f"the image {name} is not there and cannot be pulled: {failed[0]}")


def remove(label: str) -> None:
    """Removes our containers with this label, running or not. Raises EngineError."""
    engine = client()
    try:
        for found in engine.containers.list(
            all=True, filters={"label": f"{OWNER}={label}"}, ignore_removed=True
        ):
            try:
                found.remove(force=True)
            except docker.errors.NotFound:
                continue
            except docker.errors.APIError as error:
                if error.status_code != 409:  # it is being removed already
                    raise
    except (docker.errors.DockerException, OSError) as error:
        raise EngineError(f"the containers of {label} could not be removed: {_short(error)}") from None
    finally:
        engine.close()


def _short(error: BaseException) -> str:
    return " ".join(str(error).split())[:200]


if __name__ == "__main__":
    remove(sys.argv[1])
