"""A model as text: JSON with every double exact, and a hash of itself. Nothing is unpickled.

The same fit gives the same bytes; what is read back scores bit for bit as what was written.
"""

import base64
import hashlib
import json
from dataclasses import fields
from typing import Any

import numpy as np

from hccer.modelling.model import Model
from hccer.modelling.scorers import CLASSIFIERS
from schemas.errors import HccerError

SCHEMA = "hccer-model/1"


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        content = np.ascontiguousarray(value, dtype="<f8").tobytes()
        return {"shape": list(value.shape), "float64": base64.b64encode(content).decode()}
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    return value


def _restored(value: Any) -> Any:
    if isinstance(value, dict):
        content = base64.b64decode(value["float64"], validate=True)
        return np.frombuffer(content, dtype="<f8").reshape(value["shape"]).astype(np.float64)
    if isinstance(value, list):
        return tuple(_restored(each) for each in value)
    return value


def _canonical(content: dict) -> bytes:
    return json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def to_artifact(model: Model) -> bytes:
    """The model as UTF-8 JSON.

    Raises:
        HccerError: a number of the model is not finite.
    """
    classifier = model.classifier
    content = {
        "schema": SCHEMA,
        "algorithm": classifier.algorithm,
        "feature_names": list(model.feature_names),
        "mean": _plain(model.mean),
        "scale": _plain(model.scale),
        "threshold": model.threshold,
        "classifier": {
            each.name: _plain(getattr(classifier, each.name)) for each in fields(classifier)
        },
    }
    try:
        body = _canonical(content)
    except ValueError:
        raise HccerError("the model cannot be stored: its threshold is not finite") from None
    return _canonical({"sha256": hashlib.sha256(body).hexdigest(), "model": content})


def from_artifact(artifact: bytes) -> Model:
    """The model that `to_artifact` wrote.

    Raises:
        HccerError: the bytes are no model, not whole, changed, or of another version.
    """
    try:
        outer = json.loads(artifact)
        content, sha256 = outer["model"], outer["sha256"]
        schema = content["schema"]
    except (ValueError, TypeError, KeyError):
        size = f"{len(artifact)} bytes"
        raise HccerError(f"these {size} are no stored model, or not all of one") from None
    if schema != SCHEMA:
        raise HccerError(f"the stored model is of the form {schema}, this version reads {SCHEMA}")
    found = hashlib.sha256(_canonical(content)).hexdigest()
    if found != sha256:
        raise HccerError(
            f"the stored model was changed: its sha256 is {found[:12]}, not {str(sha256)[:12]}"
        )
    return _model(content)


def _model(content: dict) -> Model:
    try:
        kind = CLASSIFIERS[content["algorithm"]]
        classifier = kind(**{name: _restored(v) for name, v in content["classifier"].items()})
        names = tuple(content["feature_names"])
        mean, scale = _restored(content["mean"]), _restored(content["scale"])
        return Model(names, mean, scale, classifier, content["threshold"])
    except (KeyError, TypeError, ValueError) as error:
        raise HccerError(f"the stored model lacks a part: {error}") from None
