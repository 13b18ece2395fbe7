"""Assets: checked against their card, and a clear word where they do not match."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import numpy as np
import pytest

from custom_components.hunches.engine import features
from custom_components.hunches.engine.model import ASSETS, AssetError, Model

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def assets(tmp_path: Path) -> Path:
    return shutil.copytree(ASSETS, tmp_path / "assets")


def test_a_changed_asset_is_refused(assets: Path) -> None:
    data = bytearray((assets / "decoder.onnx").read_bytes())
    data[len(data) // 2] ^= 1
    (assets / "decoder.onnx").write_bytes(data)
    with pytest.raises(AssetError, match=r"decoder\.onnx.*does not match") as error:
        Model.load(assets)
    assert "\n" not in str(error.value)


def test_a_missing_asset_is_named(assets: Path) -> None:
    (assets / "map.onnx").unlink()
    with pytest.raises(AssetError, match=r"map\.onnx"):
        Model.load(assets)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"assets": {}}', "not json"])
def test_a_broken_card_is_refused(assets: Path, text: str) -> None:
    (assets / "model_card.json").write_text(text, encoding="utf-8")
    with pytest.raises(AssetError, match="model_card"):
        Model.load(assets)


def test_a_card_for_other_features_is_refused(assets: Path) -> None:
    card = json.loads((assets / "model_card.json").read_text(encoding="utf-8"))
    (assets / "model_card.json").write_text(json.dumps({**card, "n_stable": 1}), encoding="utf-8")
    with pytest.raises(AssetError, match="other features"):
        Model.load(assets)


def test_assets_are_small_and_all_on_the_card(model: Model) -> None:
    files = {path.name for path in ASSETS.iterdir()} - {"model_card.json"}
    assert files == set(model.card["assets"])
    assert sum(path.stat().st_size for path in ASSETS.iterdir()) <= 3_000_000
    assert len(model.archetypes.titles) == len(set(model.archetypes.titles)) == 60


def test_archetypes_are_soft(model: Model) -> None:
    rng = np.random.default_rng(0)
    stable = rng.normal(0, 0.3, (8, features.N_STABLE)).astype(np.float32)
    embedding = model.embed(stable, np.zeros((8, features.N_TOKENS), dtype=np.int64))
    for found, row in zip(model.archetypes.assign(embedding), embedding, strict=True):
        nearest = ((model.archetypes.centres - row) ** 2).sum(axis=1).argmin()
        assert found.index == nearest
        assert 1 / 60 <= found.probability <= 1
