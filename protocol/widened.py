"""A target with what options add to its file: a widget's page, a delivery; or a delivery and nothing else."""

from __future__ import annotations

from dataclasses import replace

from protocol import cdn
from protocol.spec import Spec
from protocol.target import Target, TargetError, bare, check_url, default_profiles
from protocol.widget_page import WidgetPage, page_url


def with_widget(target: Target, url: str, spec: Spec) -> Target:
    """The target with this page for its widget, and the profiles of a client claimed. Raises TargetError."""
    selectors = target.widget.selectors if target.widget is not None else {}
    more = [name for name in default_profiles(spec, widget=True) if spec.profiles[name].subject == "client"]
    claimed = {*target.profiles, *more}
    profiles = tuple(name for name in spec.profiles if name in claimed)
    return replace(target, widget=WidgetPage(page_url(url, "--app-url"), selectors), profiles=profiles)


def with_cdn(target: Target, url: str | None, version: str | None, spec: Spec) -> Target:
    """The target with this delivery, or this version of its own, and its profile. Raises TargetError."""
    before = target.cdn
    if url is None and before is None:
        raise TargetError("--cdn-version: of what? Give --cdn-url, or a target file with [cdn]")
    known = {} if before is None else {"version": before.version, "integrity": before.integrity}
    found = {
        key: value for key, value in {**known, "version": version or known.get("version")}.items() if value
    }
    address = before.url if url is None and before is not None else check_url(url or "", "--cdn-url")
    claimed = (*target.profiles, cdn.PROFILE)
    profiles = tuple(name for name in spec.profiles if name in claimed)
    return replace(target, cdn=cdn.cdn_of(address, found, spec, "--cdn-version"), profiles=profiles)


def of_cdn(url: str, version: str | None, spec: Spec) -> Target:
    """A delivery by itself: no signaling server, no tokens. Raises TargetError."""
    return with_cdn(bare(check_url(url, "--cdn-url"), spec), url, version, spec)
