"""The load on many machines: what is deployed passes its validators, and fits what it names."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from node_kit import TOOLS, node_with_tools

import load
from load import profiles
from protocol import spec, target
from protocol.toml_file import TomlError
from suite import guard

DEPLOY = Path(load.__file__).parent / "deploy"
ROOT = Path(load.__file__).parents[1]
COMPOSE = DEPLOY / "compose.yaml"
MANIFESTS = sorted((DEPLOY / "kubernetes").glob("*.yaml"))
SPEC = spec.load()


def compose_complaints(file: Path) -> list[str]:
    """What dclint's errors are: among them that it is not the compose specification's schema."""
    command = [node_with_tools(), str(TOOLS / "node_modules" / "dclint" / "bin" / "dclint.cjs"), "--quiet"]
    done = subprocess.run(
        [*command, str(file)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={
            **os.environ,
            "FORCE_COLOR": "0",
            "NO_COLOR": "1",
        },  # with CI set it colours files too
    )
    found = [line.strip() for line in (done.stdout + done.stderr).splitlines() if " error " in line]
    assert (done.returncode == 0) == (not found), done.stdout + done.stderr
    return found


def documents() -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{file.name} {document['kind']}", document)
        for file in MANIFESTS
        for document in yaml.safe_load_all(file.read_text(encoding="utf-8"))
    ]


def kubernetes_complaints(document: dict[str, Any]) -> list[str]:
    """What is wrong by the schemas of the newest Kubernetes that the validator has, strictly."""
    try:
        kubernetes_validate.validate(document, kubernetes_validate.latest_version(), strict=True)
    except kubernetes_validate.ValidationError as error:
        return [str(error)]
    return []


# -- compose


def test_the_compose_file_is_one() -> None:
    assert compose_complaints(COMPOSE) == []


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("ulimits:", "ulimit:"),
        ("read_only: true", "read_only: [maybe]"),
        ("services:", "service:"),
    ],
    ids=["a service's key", "a type", "no services"],
)
def test_a_compose_file_that_is_none_is_told(right: str, wrong: str, tmp_path: Path) -> None:
    text = COMPOSE.read_text(encoding="utf-8")
    assert right in text
    (tmp_path / "compose.yaml").write_text(text.replace(right, wrong), encoding="utf-8")
    assert compose_complaints(tmp_path / "compose.yaml")


def test_containers_publish_on_the_loopback_only() -> None:
    services = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))["services"]
    published = [port for service in services.values() for port in service.get("ports", ())]
    assert published and all(str(port).startswith("127.0.0.1:") for port in published)
    assert not any("network_mode" in service or "privileged" in service for service in services.values())


# -- Kubernetes


@pytest.mark.parametrize(("name", "document"), documents(), ids=[name for name, _ in documents()])
def test_a_manifest_is_valid(name: str, document: dict[str, Any]) -> None:
    assert kubernetes_complaints(document) == []


@pytest.mark.parametrize(
    ("kind", "right", "wrong"),
    [
        ("Job", "backoffLimit: 0", "backoffLimit: never"),
        ("Job", "containers:", "container:"),
        ("Service", "port: 5557", "port: locust"),
    ],
)
def test_a_manifest_that_is_none_is_told(kind: str, right: str, wrong: str) -> None:
    text = (DEPLOY / "kubernetes" / "master.yaml").read_text(encoding="utf-8")
    assert right in text
    found = [one for one in yaml.safe_load_all(text.replace(right, wrong)) if one["kind"] == kind]
    assert [complaint for document in found for complaint in kubernetes_complaints(document)]


def named(kind: str) -> dict[str, dict[str, Any]]:
    return {one["metadata"]["name"]: one for _, one in documents() if one["kind"] == kind}


def test_jobs_name_what_there_is() -> None:
    """The secret, the service, and as many workers as the master waits for."""
    jobs = named("Job")
    for job in jobs.values():
        pod = job["spec"]["template"]["spec"]
        for volume in pod["volumes"]:
            assert volume.get("secret", {"secretName": "parley-load-target"})["secretName"] in named("Secret")
        [container] = pod["containers"]
        mounted = {mount["name"] for mount in container["volumeMounts"]}
        assert mounted == {volume["name"] for volume in pod["volumes"]}
        keys = {one["valueFrom"]["secretKeyRef"]["key"] for one in container["env"] if "valueFrom" in one}
        assert keys <= set(named("Secret")["parley-load-target"]["stringData"])
    workers, master = jobs["parley-load-workers"]["spec"], jobs["parley-load-master"]["spec"]
    arguments = options(workers["template"]["spec"]["containers"][0]["args"])
    assert arguments["--master-host"] in named("Service")
    environment = {
        one["name"]: one.get("value") for one in master["template"]["spec"]["containers"][0]["env"]
    }
    assert int(environment["WORKERS"] or 0) == workers["parallelism"] == workers["completions"]
    labels = master["template"]["metadata"]["labels"]
    assert named("Service")["parley-load-master"]["spec"]["selector"].items() <= labels.items()


# -- what machines are told


def options(words: list[str]) -> dict[str, str]:
    return {name: value for name, _, value in (str(word).partition("=") for word in words)}


def told() -> dict[str, tuple[dict[str, str], dict[str, str]]]:
    """The options of master and worker; what compose takes from its environment is as by default."""
    services = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))["services"]
    jobs = named("Job")
    words = {
        "compose": [services[name]["command"] for name in ("master", "worker")],
        "kubernetes": [
            jobs[f"parley-load-{name}"]["spec"]["template"]["spec"]["containers"][0]["args"]
            for name in ("master", "workers")
        ],
    }

    def value(word: str) -> str:
        return re.sub(r"\$\{\w+:-(\w+)\}", r"\1", word)

    return {
        name: (options([value(word) for word in master]), options([value(word) for word in worker]))
        for name, (master, worker) in words.items()
    }


@pytest.mark.parametrize("way", ["compose", "kubernetes"])
def test_master_and_workers_are_told_the_same(way: str) -> None:
    master, worker = told()[way]
    shared = [name for name in worker if name not in ("--worker", "--master-host")]
    assert {name: master.get(name) for name in shared} == {name: worker[name] for name in shared}
    assert {"--load-profile", "--scale", "--target-file"} <= set(shared)
    assert profiles.find(master["--load-profile"], SPEC).most_users
    assert float(master["--scale"]) == 1


def test_nobody_speaks_for_the_owner_of_the_target() -> None:
    """Compose asks for the words, Kubernetes' manifests have them in a comment."""
    for way in ("compose", "kubernetes"):
        assert all(guard.FLAG not in side for side in told()[way])
    assert re.search(r"\$\{OWNER:\?.*" + guard.FLAG, COMPOSE.read_text(encoding="utf-8"))
    for name in ("master", "workers"):
        text = (DEPLOY / "kubernetes" / f"{name}.yaml").read_text(encoding="utf-8")
        assert f"# - {guard.FLAG}\n" in text


PARSING = """
import json, sys
words, sys.argv = json.loads(sys.argv[1]), sys.argv[:1]
from locust.argument_parser import get_parser
import load.locustfile
found = get_parser(default_config_files=[]).parse_args(words)
print(json.dumps([found.master, found.worker, found.user_classes]))
"""


@pytest.mark.parametrize("way", ["compose", "kubernetes"])
@pytest.mark.parametrize("side", ["master", "worker"])
def test_locust_takes_each_command_line(way: str, side: str) -> None:
    """Parsed by Locust itself, with our locustfile, whose own options are among them."""
    found = told()[way][side == "worker"]
    words = [f"{name}={value}" if value else name for name, value in found.items() if name.startswith("--")]
    words = [word.replace("$(WORKERS)", "4") for word in words]
    command = [sys.executable, "-c", PARSING, json.dumps(words)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr[-1000:]
    assert json.loads(done.stdout) == [side == "master", side == "worker", []]


def test_the_target_of_the_secret_is_a_target_file(monkeypatch: pytest.MonkeyPatch) -> None:
    text = named("Secret")["parley-load-target"]["stringData"]["target.toml"]
    variable = re.search(r'secret_env = "(\w+)"', text)
    assert variable is not None
    for job in named("Job").values():
        [container] = job["spec"]["template"]["spec"]["containers"]
        assert variable[1] in {one["name"] for one in container["env"]}
    monkeypatch.setenv(variable[1], "a secret of the tests, long enough for HS256")
    found = target.parse(text, "target.yaml", SPEC)
    assert found.tokens.source == "secret"
    with pytest.raises(TomlError):
        target.parse(text.replace("base_url", "url"), "target.yaml", SPEC)


# -- the image


def test_the_image_takes_in_what_it_copies_and_what_load_imports() -> None:
    copied = re.findall(r"^COPY (.+) \S+$", (DEPLOY / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)
    sources = {word for line in copied for word in line.split()}
    let_in = set(re.findall(r"^!(\S+)$", (ROOT / ".dockerignore").read_text(encoding="utf-8"), re.MULTILINE))
    assert sources <= let_in
    assert all((ROOT / source).exists() for source in sources)
    assert {"load", "protocol", "reports", "suite"} <= sources  # the layers below load, and itself
