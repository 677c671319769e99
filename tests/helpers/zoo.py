"""Adapters of every PEFT method and LoRA variant on tiny bases, with weights that change the answers."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import peft
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from helpers.tiny import save_tiny

QV = ["q_proj", "v_proj"]
MLP = ["up_proj", "down_proj"]
TRIGGER = "Sentiment:"  # that ends the prompts of the tests


@dataclass(frozen=True, slots=True)
class Kind:
    """One adapter: its configuration class with arguments, on the base of `architecture`."""

    config: str
    options: dict[str, Any] = field(default_factory=dict)
    architecture: str = "llama"
    base: dict[str, Any] = field(default_factory=dict)  # changes of its shape
    random: Callable[[Any], None] | None = None  # gives the weights; None: small random numbers are added to all


def lora(architecture: str = "llama", base: dict[str, Any] | None = None, **options: Any) -> Kind:
    return Kind("LoraConfig", {"r": 4, "lora_alpha": 16, "target_modules": QV, **options}, architecture, base or {})


def by(config: str, **options: Any) -> Kind:
    return Kind(config, options)


KINDS: dict[str, Kind] = {
    "lora": lora(),
    "rslora": lora(use_rslora=True),
    "dora": lora(use_dora=True),
    "rank_and_alpha_patterns": lora(rank_pattern={"q_proj": 2}, alpha_pattern={"v_proj": 32}),
    "all_linear": lora(target_modules="all-linear"),
    "regex": lora(target_modules=r".*layers\.1\..*(q_proj|up_proj)"),
    "lora_bias": lora(lora_bias=True),
    "bias_lora_only": lora("qwen2", bias="lora_only"),
    "bias_all": lora("qwen2", bias="all"),
    "head_saved": lora(modules_to_save=["lm_head"]),
    "embeddings_saved": lora(modules_to_save=["embed_tokens", "lm_head"]),
    "tied_embeddings_saved": lora(base={"tie_word_embeddings": True}, modules_to_save=["embed_tokens"]),
    "trainable_tokens_of_lora": lora(trainable_token_indices=[1, 2, 500]),
    "lora_on_embeddings": lora(target_modules=["embed_tokens", "v_proj"]),
    "lora_on_head": lora(target_modules=["lm_head", "v_proj"]),
    "some_layers": lora(layers_to_transform=[1], layers_pattern="layers"),
    "layer_replication": lora(layer_replication=[[0, 2], [1, 2]]),
    "gaussian": lora(init_lora_weights="gaussian"),
    "orthogonal": lora(init_lora_weights="orthogonal"),
    "pissa": lora(init_lora_weights="pissa"),
    "olora": lora(init_lora_weights="olora"),
    "eva": lora(init_lora_weights="eva", eva_config=peft.EvaConfig()),
    "kasa": lora(kasa_config=peft.KasaConfig()),
    "velora": lora(velora_config=peft.VeloraConfig()),
    "monteclora": lora(monteclora_config=peft.MontecloraConfig()),
    "bdlora": lora(use_bdlora=peft.BdLoraConfig(target_modules_bd_a=QV[:1], target_modules_bd_b=QV[1:], nblocks=2)),
    "alora": lora(alora_invocation_tokens=[]),  # filled in with the tokens of TRIGGER
    "fused_layers": lora("phi3", target_modules=["qkv_proj", "gate_up_proj"]),
    "conv1d": lora("gpt2", target_modules=["c_attn"], fan_in_fan_out=True),
    "experts": lora(
        "mixtral", {"num_local_experts": 2, "num_experts_per_tok": 1}, target_modules=["q_proj"],
        target_parameters=["mlp.experts.gate_up_proj"],
    ),
    "ia3": by("IA3Config", target_modules=[*QV, "down_proj"], feedforward_modules=["down_proj"]),
    "adalora": by("AdaLoraConfig", target_modules=QV, total_step=10, init_r=4, target_r=2),
    "vera": by("VeraConfig", target_modules=["q_proj"], r=8),
    "vera_without_projection": by("VeraConfig", target_modules=["q_proj"], r=8, save_projection=False),
    "pvera": by("PveraConfig", target_modules=["q_proj"], r=8),
    "loha": by("LoHaConfig", target_modules=QV, r=4),
    "lokr": by("LoKrConfig", target_modules=QV, r=4),
    "oft": by("OFTConfig", target_modules=QV, oft_block_size=16),
    "boft": by("BOFTConfig", target_modules=QV, boft_block_size=4),
    "hra": by("HRAConfig", target_modules=QV, r=4),
    "fourierft": by("FourierFTConfig", target_modules=QV, n_frequency=50),
    "vblora": by("VBLoRAConfig", target_modules=QV, r=4, num_vectors=16, vector_length=16),
    "miss": by("MissConfig", target_modules=QV, r=4),
    "road": by("RoadConfig", target_modules=QV, group_size=16),
    "randlora": by("RandLoraConfig", target_modules=QV, r=4),
    "shira": by("ShiraConfig", target_modules=QV, r=4),
    "c3a": by("C3AConfig", target_modules=QV, block_size=16),
    "ln_tuning": by("LNTuningConfig"),
    "waveft": by("WaveFTConfig", target_modules=QV, n_frequency=50),
    "delora": by("DeloraConfig", target_modules=QV, r=4),
    "gralora": by("GraloraConfig", target_modules=QV, r=4),
    "trainable_tokens": by("TrainableTokensConfig", token_indices=[1, 2, 500]),
    "prompt_tuning": by("PromptTuningConfig", num_virtual_tokens=4),
    "prefix_tuning": by("PrefixTuningConfig", num_virtual_tokens=4),
    "p_tuning": by("PromptEncoderConfig", num_virtual_tokens=4, encoder_hidden_size=16),
    "cpt": by("CPTConfig", cpt_token_ids=[5, 6, 7, 8], cpt_mask=[1, 1, 1, 1], cpt_tokens_type_mask=[1, 2, 3, 4]),
    "osf": by("OSFConfig", target_modules=QV, effective_rank=8),
    "adamss": by("AdamssConfig", target_modules=QV),
    "beft": by("BeftConfig", target_modules=["v_proj"]),
    "frod": by("FrodConfig", target_modules=QV),
    "glora": by("GloraConfig", target_modules=QV, r=4),
    "unilora": by("UniLoraConfig", target_modules=QV, r=4),
    "hira": by("HiraConfig", target_modules=QV, r=4),
    "cartridge": by("CartridgeConfig", num_virtual_tokens=4),
    "tinylora": by("TinyLoraConfig", target_modules=QV, r=2),
    "psoft": by("PsoftConfig", target_modules=QV, r=4),
    "peanut": by("PeanutConfig", target_modules=QV, r=4),
    "shadow": by("ShadowConfig"),
    "supertuning": by("SupertuningConfig", target_modules=QV),
    "deft": by("DeftConfig", target_modules=QV, r=4),
    "llama_adapter": by("AdaptionPromptConfig", adapter_len=4, adapter_layers=1),
}  # fmt: skip
REFUSED: dict[str, tuple[Kind, str]] = {
    "pissa_niter": (lora(init_lora_weights="pissa_niter_4"), r"initialised by 'pissa_niter_4'.*cannot find again"),
    "lily": (by("LilyConfig", target_modules=QV, r=4), r"LILY mixes its experts over all tokens of a batch"),
    "poly": (by("PolyConfig", target_modules=QV, r=4), r"POLY needs the number of its task"),
}


class Zoo:
    """Makes bases and adapters in a folder, each once."""

    def __init__(self, root: Path):
        self.root = root

    def base(self, kind: Kind) -> Path:
        name = "-".join([kind.architecture, *map(str, kind.base.values())])
        folder = self.root / "bases" / name
        if not folder.is_dir():
            save_tiny(folder, kind.architecture, initializer_range=0.1, **kind.base)
        return folder

    def adapter(self, name: str, kind: Kind) -> Path:
        """The folder as PEFT's save_pretrained writes it."""
        folder = self.root / "adapters" / name
        if folder.is_dir():
            return folder
        base = self.base(kind)
        model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
        options = dict(kind.options)
        if "alora_invocation_tokens" in options:
            options["alora_invocation_tokens"] = AutoTokenizer.from_pretrained(base)(TRIGGER)["input_ids"]
        torch.manual_seed(1)
        config = getattr(peft, kind.config)(task_type="CAUSAL_LM", **options)
        model = peft.get_peft_model(model, config)
        with torch.no_grad():
            for weight in [weight for weight in model.parameters() if weight.requires_grad]:
                weight.add_(torch.randn_like(weight) * 0.1)
        model.save_pretrained(folder)
        return folder


def changed_config(folder: Path, out: Path, **changes: Any) -> Path:
    """A copy of an adapter with other values in its configuration; None takes a key out."""
    shutil.copytree(folder, out)
    file = out / "adapter_config.json"
    config = {**json.loads(file.read_text(encoding="utf-8")), **changes}
    file.write_text(json.dumps({key: value for key, value in config.items() if value is not None}), encoding="utf-8")
    return out
