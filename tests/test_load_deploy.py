"""The load on many machines: what is deployed passes its validators, and fits what it names."""

from __future__ import annotations

import re
import subprocess
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

DEPLOY = Path(load.__file__).parent / "deploy"
ROOT = Path(load.__file__).parents[1]
COMPOSE = DEPLOY / "compose.yaml"
MANIFESTS = sorted((DEPLOY / "kubernetes").glob("*.yaml"))
SPEC = spec.load()


def compose_complaints(file: Path) -> list[str]:
    """What dclint's errors are: among them that it is not the compose specification's schema."""
    command = [node_with_tools(), str(TOOLS / "node_modules" / "dclint" / "bin" / "dclint.cjs"), "--quiet"]
    done = subprocess.run([*command, str(file)], capture_output=True, text=True, timeout=120, check=False)
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
    """Secrets, settings, the service, and as many workers as the master waits for."""
    jobs = named("Job")
    for job in jobs.values():
        pod = job["spec"]["template"]["spec"]
        for volume in pod["volumes"]:
            assert volume.get("configMap", {"name": "parley-load-settings"})["name"] in named("ConfigMap")
            assert volume.get("secret", {"secretName": "parley-load-target"})["secretName"] in named("Secret")
        [container] = pod["containers"]
        mounted = {mount["name"] for mount in container["volumeMounts"]}
        assert mounted == {volume["name"] for volume in pod["volumes"]}
        keys = {one["valueFrom"]["secretKeyRef"]["key"] for one in container["env"] if "valueFrom" in one}
        assert keys <= set(named("Secret")["parley-load-target"]["stringData"])
    workers, master = jobs["parley-load-workers"]["spec"], jobs["parley-load-master"]["spec"]
    arguments = workers["template"]["spec"]["containers"][0]["args"]
    assert arguments[arguments.index("--master-host") + 1] in named("Service")
    environment = {
        one["name"]: one.get("value") for one in master["template"]["spec"]["containers"][0]["env"]
    }
    assert int(environment["WORKERS"] or 0) == workers["parallelism"] == workers["completions"]
    labels = master["template"]["metadata"]["labels"]
    assert named("Service")["parley-load-master"]["spec"]["selector"].items() <= labels.items()


# -- what machines are told


def settings(text: str) -> dict[str, str]:
    lines = [line.partition("#")[0].strip() for line in text.splitlines()]
    return {key.strip(): value.strip() for key, _, value in (line.partition("=") for line in lines if line)}


def all_settings() -> list[dict[str, str]]:
    [inline] = [one["data"]["locust.conf"] for one in named("ConfigMap").values()]
    return [settings(inline), settings((DEPLOY / "locust.conf").read_text(encoding="utf-8"))]


@pytest.mark.parametrize("found", all_settings(), ids=["kubernetes", "compose"])
def test_settings_name_a_profile_that_there_is_and_nobody_speaks_for_the_owner(found: dict[str, str]) -> None:
    assert profiles.find(found["load-profile"], SPEC).name == found["load-profile"]
    assert "i-operate-this-target" not in found


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
    assert sources == let_in
    assert all((ROOT / source).exists() for source in sources)
    assert {"load", "protocol", "reports", "suite"} <= sources  # the layers below load, and itself
