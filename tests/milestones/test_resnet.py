r"""ResNet: blocks, networks of every published size, checkpoints, what happens inside, and the miniature.

Tolerances: the same weights in `transformers` give the same sums in the same order but for fused steps, so float32 logits are held to
1e-5 relative to their size (measured: 1e-6). Copying blocks divide by sqrt(1 + eps) and multiply it back: 1e-4 after 24 of them.
"""

import sys
from dataclasses import replace

import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torch.testing import assert_close

from deepbook.components.model import count_multiply_adds, count_parameters
from deepbook.components.model.problems import shifted_digits
from deepbook.milestones import resnet as book
from deepbook.milestones.resnet import CONFIGS, ResNet, ResNetConfig, cifar_config
from deepbook.start.reading_papers.printed import rounds_to
from deepbook.training import accuracy, initialize, predict

TINY = {
    "plain": cifar_config(8, (2, 4, 6), residual=False),
    "A": cifar_config(8, (2, 4, 6)),
    "B": cifar_config(8, (2, 4, 6), option="B"),
    "C": cifar_config(8, (2, 4, 6), option="C"),
    "pre": cifar_config(8, (2, 4, 6), preactivation=True),
    "bottleneck": ResNetConfig((2, 2), (2, 4), bottleneck=True, option="B"),
    "bottleneck, first": ResNetConfig((2, 2), (2, 4), bottleneck=True, option="B", stride_first=True),
    "bottleneck, pre": ResNetConfig((2, 2), (2, 4), bottleneck=True, preactivation=True),
    "large": ResNetConfig((1, 2), (2, 4), large=True, option="B", classes=7),
}
everyone = pytest.mark.parametrize("name", TINY)


def seeded(seed):
    return torch.Generator().manual_seed(seed)


def lively(config, seed=0):
    r"""A network whose every number has been drawn, running statistics too."""
    model, generator = initialize(ResNet(config), seeded(seed)), seeded(seed + 1)
    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, nn.BatchNorm2d):
                for value in (module.weight, module.running_var):
                    value.copy_(0.5 + torch.rand(value.shape, generator=generator))
                for value in (module.bias, module.running_mean):
                    value.copy_(0.3 * torch.randn(value.shape, generator=generator))
    return model


# --- value by hand ---------------------------------------------------------------------------------------------------


def one_channel(residual, first, second, preactivation=False):
    config = ResNetConfig((1,), (1,), residual=residual, preactivation=preactivation)
    kind = book.PreActivationBlock if preactivation else book.Block
    block = kind(1, 1, 1, config).eval()
    for conv, weight in zip(block.convs, (first, second), strict=True):
        nn.init.zeros_(conv.weight)
        with torch.no_grad():
            conv.weight[0, 0, 1, 1] = weight  # the middle pixel alone
    return block


@pytest.mark.parametrize(
    ("residual", "first", "second", "x", "by_hand"),
    [
        (False, 2.0, 3.0, 1.0, 6.0),  # relu(3 relu(2))
        (True, 2.0, 3.0, 1.0, 7.0),  # and 1 through the shortcut
        (True, 2.0, -3.0, 1.0, 0.0),  # relu(1 - 6)
        (True, -2.0, 3.0, 1.0, 1.0),  # the ReLU inside closes; the shortcut stays
        (False, -2.0, 3.0, 1.0, 0.0),
    ],
)
def test_block_by_hand(residual, first, second, x, by_hand):
    out = one_channel(residual, first, second)(torch.full((1, 1, 1, 1), x))
    assert out.item() == pytest.approx(by_hand, rel=1e-4)  # two divisions by sqrt(1 + 1e-5)


@pytest.mark.parametrize(("x", "by_hand"), [(1.0, -5.0), (-1.0, -1.0)])  # 1 + 2 * -3; nothing passes the ReLU
def test_preactivation_leaves_the_sum_alone(x, by_hand):
    out = one_channel(True, 2.0, -3.0, preactivation=True)(torch.full((1, 1, 1, 1), x))
    assert out.item() == pytest.approx(by_hand, rel=1e-4)


def test_pad_shortcut_by_hand():
    x = torch.arange(1.0, 10.0).view(1, 1, 3, 3)
    out = book.PadShortcut(1, 3, stride=2)(x)
    assert out.tolist() == [[[[1, 3], [7, 9]], [[0, 0], [0, 0]], [[0, 0], [0, 0]]]]


def test_depth_counts_no_shortcuts():
    assert {name: config.depth for name, config in CONFIGS.items() if name != "miniature"} == {
        name: int(name.split("-")[1]) for name in CONFIGS if name != "miniature"
    }


# --- shape, dtype, gradient ------------------------------------------------------------------------------------------


@everyone
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_shape_and_dtype(name, dtype):
    model = lively(TINY[name]).to(dtype)
    out = model(torch.rand(3, 3, 20, 20, dtype=dtype))
    assert out.shape == (3, TINY[name].classes) and out.dtype == dtype and out.isfinite().all()


@everyone
def test_every_parameter_gets_a_gradient(name):
    model = lively(TINY[name])
    F.cross_entropy(model(torch.rand(4, 3, 20, 20)), torch.tensor([0, 1, 2, 3])).backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in model.parameters())
    assert sum(p.grad.abs().sum() > 0 for p in model.parameters()) == len(list(model.parameters()))


def test_gradcheck():
    model = lively(replace(TINY["A"], blocks=(1, 1, 1))).double().eval()
    x = torch.rand(1, 3, 4, 4, dtype=torch.float64, generator=seeded(3)).requires_grad_()
    assert torch.autograd.gradcheck(model, x, eps=1e-6, atol=1e-5)


# --- equal to a slow literal twin ------------------------------------------------------------------------------------


def norm(x, module):
    scale = module.weight / (module.running_var + module.eps).sqrt()
    return (x - module.running_mean.view(-1, 1, 1)) * scale.view(-1, 1, 1) + module.bias.view(-1, 1, 1)


def literal(model, x):
    r"""The basic nets written out, in evaluation mode: equations 1 and 2 of the paper."""
    config = model.config
    x = norm(F.conv2d(x, model.conv.weight, padding=1), model.norm).clamp(min=0)
    for s, stage in enumerate(model.stages):
        for b, block in enumerate(stage):
            stride = 2 if s and not b else 1
            y = norm(F.conv2d(x, block.convs[0].weight, stride=stride, padding=1), block.norms[0]).clamp(min=0)
            y = norm(F.conv2d(y, block.convs[1].weight, padding=1), block.norms[1])
            if config.residual:
                short = x[:, :, ::stride, ::stride]
                if config.option == "A":
                    zeros = torch.zeros(len(x), y.shape[1] - x.shape[1], *y.shape[2:])
                    y = y + torch.cat([short, zeros], dim=1)
                elif config.option == "C" or stride == 2:
                    y = y + norm(F.conv2d(short, block.shortcut.conv.weight), block.shortcut.norm)
                else:
                    y = y + short
            x = y.clamp(min=0)
    return x.flatten(2).mean(2) @ model.head.weight.T + model.head.bias


@pytest.mark.parametrize("name", ["plain", "A", "B", "C"])
def test_equal_to_the_literal_twin(name):
    model = lively(TINY[name]).eval()
    x = torch.randn(2, 3, 9, 9, generator=seeded(7))
    assert_close(model(x), literal(model, x), rtol=1e-4, atol=1e-4)


# --- equal to the reference, and read from its files -----------------------------------------------------------------

KINDS = {
    "basic": ("basic", False, [4, 6, 8], [2, 1, 2]),
    "bottleneck": ("bottleneck", False, [16, 32], [2, 2]),
    "bottleneck of 2015": ("bottleneck", True, [16, 32], [2, 2]),
}
every_kind = pytest.mark.parametrize("kind", KINDS)


def theirs(kind):
    transformers = pytest.importorskip("transformers")
    layer, first, sizes, depths = KINDS[kind]
    embedding = sizes[0] if layer == "basic" else sizes[0] // 4
    config = transformers.ResNetConfig(
        embedding_size=embedding, hidden_sizes=sizes, depths=depths, layer_type=layer, downsample_in_bottleneck=first, num_labels=5
    )
    model = transformers.ResNetForImageClassification(config)
    generator = seeded(11)
    for name, value in model.state_dict().items():
        if name.endswith("running_var"):
            value.copy_(0.5 + torch.rand(value.shape, generator=generator))
        elif value.is_floating_point():
            value.copy_(0.3 * torch.randn(value.shape, generator=generator))
    return model.eval()


TO_TORCHVISION = {
    "resnet.embedder.embedder.convolution": "conv1",
    "resnet.embedder.embedder.normalization": "bn1",
    "classifier.1": "fc",
}


def as_torchvision(state):
    r"""The same numbers under torchvision's names, written without a look at the module's own rules."""
    renamed = {}
    for name, value in state.items():
        head, _, tail = name.rpartition(".")
        if head not in TO_TORCHVISION:
            parts = head.split(".")  # resnet encoder stages s layers b (layer i | shortcut) (convolution | normalization)
            place = f"layer{int(parts[3]) + 1}.{parts[5]}."
            sort = parts[-1] == "normalization"
            if parts[6] == "shortcut":
                head = f"{place}downsample.{int(sort)}"
            else:
                head = f"{place}{'bn' if sort else 'conv'}{int(parts[7]) + 1}"
        renamed[f"{TO_TORCHVISION.get(head, head)}.{tail}"] = value
    return renamed


def test_the_names_of_torchvision():
    state = {f"resnet.encoder.stages.1.layers.0.{k}": 0 for k in ("layer.2.normalization.bias", "shortcut.convolution.weight")}
    assert set(as_torchvision(state)) == {"layer2.0.bn3.bias", "layer2.0.downsample.0.weight"}


@every_kind
@pytest.mark.parametrize("layout", ["transformers", "safetensors", "torchvision", "parallel", "wrapped"])
def test_checkpoints_of_the_reference(kind, layout, tmp_path):
    reference = theirs(kind)
    state = reference.state_dict()
    if layout == "safetensors":
        pytest.importorskip("safetensors")
        reference.save_pretrained(tmp_path)
        path = tmp_path / "model.safetensors"
    else:
        path = tmp_path / "model.pth"
        named = state if layout == "transformers" else as_torchvision(state)
        if layout == "parallel":
            named = {f"module.{name}": value for name, value in named.items()}
        torch.save({"state_dict": named, "epoch": 3} if layout == "wrapped" else named, path)
    beside = (path.parent / "config.json").exists()  # says where a bottleneck halves; the other layouts do not
    assert beside == (layout == "safetensors")
    model = book.load_pretrained(path) if beside else book.load_pretrained(path, stride_first=KINDS[kind][1])
    x = torch.randn(2, 3, 64, 64, generator=seeded(5))
    with torch.no_grad():
        ours, wanted = model(x), reference(x).logits
    assert_close(ours, wanted, rtol=1e-5, atol=1e-5 * wanted.abs().max().item())
    assert not model.training and all(p.requires_grad and p.dtype == torch.float32 for p in model.parameters())


def test_half_precision_and_old_files(tmp_path):
    model = lively(replace(TINY["large"], classes=3)).eval()
    renamed = {}
    for name, value in as_ours_to_torchvision(model.state_dict()).items():
        if "num_batches" not in name:  # torchvision's files of 2017 have no counters
            renamed[name] = value.half()
    torch.save(renamed, tmp_path / "old.pt")
    read = book.load_pretrained(tmp_path / "old.pt")
    x = torch.rand(1, 3, 32, 32)
    assert read.config == model.config
    assert_close(read(x), model(x), rtol=0.02, atol=0.02)  # half keeps 11 bits
    F.cross_entropy(read.train()(x.repeat(2, 1, 1, 1)), torch.tensor([0, 1])).backward()  # it can be trained on


def as_ours_to_torchvision(state):
    renamed = {}
    for name, value in state.items():
        parts = name.split(".")
        if parts[0] == "stages":
            if parts[3] == "shortcut":
                tail = f"downsample.{int(parts[4] == 'norm')}.{parts[5]}"
            else:
                tail = f"{'conv' if parts[3] == 'convs' else 'bn'}{int(parts[4]) + 1}.{parts[5]}"
            name = f"layer{int(parts[1]) + 1}.{parts[2]}.{tail}"
        else:
            name = ".".join([{"conv": "conv1", "norm": "bn1", "head": "fc"}[parts[0]], *parts[1:]])
        renamed[name] = value
    return renamed


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda s: {n: v for n, v in s.items() if n != "layer1.0.bn2.bias"}, "do not fit, first stages.0.0.norms.1.bias"),
        (lambda s: s | {"gate.weight": torch.zeros(2)}, "first gate.weight"),
        (lambda s: s | {"layer1.0.conv2.weight": torch.zeros(2, 2, 5, 5)}, r"\(2, 2, 5, 5\) instead of \(2, 2, 3, 3\)"),
        (lambda s: {f"vit.{n}": v for n, v in s.items()}, "must name its tensors as torchvision"),
        (lambda s: {n: v for n, v in s.items() if not n.startswith("fc")}, "got no head"),
        (lambda s: [1, 2], "must hold a state dict, got list"),
    ],
)
def test_a_misfit_is_refused(spoil, said, tmp_path):
    state = as_ours_to_torchvision(lively(TINY["large"]).state_dict())
    torch.save(spoil(state), tmp_path / "file.pth")
    with pytest.raises(ValueError, match=said):
        book.load_pretrained(tmp_path / "file.pth")


def test_files_that_cannot_be_read(tmp_path, monkeypatch):
    with pytest.raises(FileNotFoundError, match="must be a checkpoint file"):
        book.load_pretrained(tmp_path / "none.pth")
    (tmp_path / "model.onnx").write_bytes(b"")
    with pytest.raises(ValueError, match=r"must end in one of .safetensors, .bin, .pt, .pth, got model.onnx"):
        book.load_pretrained(tmp_path / "model.onnx")
    (tmp_path / "model.safetensors").write_bytes(b"")
    monkeypatch.setitem(sys.modules, "safetensors.torch", None)
    with pytest.raises(ImportError, match="pip install safetensors"):
        book.load_pretrained(tmp_path / "model.safetensors")


# --- properties ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["plain", "A", "B", "pre", "bottleneck"])
def test_a_deeper_net_can_copy(name):
    model = lively(TINY[name]).eval()
    deeper = book.deepen(model, extra=2)
    x = torch.rand(2, 3, 12, 12, generator=seeded(1))
    assert sum(deeper.config.blocks) == sum(model.config.blocks) + 2 * len(model.config.blocks)
    assert_close(deeper(x), model(x), rtol=1e-4, atol=1e-4)


def test_only_the_residual_copy_survives_training_mode():
    x = torch.rand(8, 4, 6, 6, generator=seeded(1))
    config = ResNetConfig((1,), (4,))
    copy = book.make_identity(book.Block(4, 4, 1, config)).train()
    assert torch.equal(copy(x), x)
    plain = book.make_identity(book.Block(4, 4, 1, replace(config, residual=False))).train()
    assert (plain(x) - x).abs().max() > 0.1  # batch normalization moves it


def test_gradient_norms_by_hand():
    model = lively(TINY["A"]).eval()
    x, labels = torch.rand(3, 3, 8, 8, generator=seeded(1)), torch.tensor([0, 1, 2])
    norms = book.gradient_norms(model, x, labels)
    last = model.activations(x)[-1].detach().requires_grad_()
    F.cross_entropy(model.finish(last), labels).backward()
    assert len(norms) == 4
    assert norms[-1].item() == pytest.approx(last.grad.norm().item(), rel=1e-4)
    assert all(p.grad is None for p in model.stages.parameters())  # nothing is left behind


def test_lesions():
    model = lively(TINY["A"]).eval()
    x = torch.rand(2, 3, 8, 8, generator=seeded(1))
    whole, states = model(x), model.activations(x)
    with book.without_block(model, 1):
        assert_close(model.activations(x)[2], F.relu(model.blocks[1].shortcut(states[1])))
        assert not torch.equal(model(x), whole)
    assert torch.equal(model(x), whole)
    with pytest.raises(RuntimeError, match="on purpose"), book.without_block(model, 2):
        raise RuntimeError("on purpose")
    assert torch.equal(model(x), whole)  # put back after an error too
    plain = lively(TINY["plain"]).eval()
    with book.without_block(plain, 0):
        assert_close(plain.activations(x)[1], plain.activations(x)[0])


def test_block_responses_by_hand():
    block = one_channel(True, 2.0, 3.0)
    model = ResNet(ResNetConfig((1,), (1,), channels=1))
    model.stages[0][0] = block
    assert model.train().training
    share = book.block_responses(model, torch.rand(2, 1, 5, 5, generator=seeded(1)))
    assert share.tolist() == pytest.approx([6.0], rel=1e-3)  # F(x) = 6 x for x >= 0
    assert model.training


# --- rejection messages ----------------------------------------------------------------------------------------------


def images(n=2):
    return torch.rand(n, 3, 8, 8)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: ResNetConfig((), ()), "blocks must be whole numbers from 1 on"),
        (lambda: ResNetConfig((1, 0), (2, 2)), "blocks must be whole numbers"),
        (lambda: ResNetConfig((1, 1), (2, 0)), "widths must be whole numbers"),
        (lambda: ResNetConfig((1, 1), (2,)), "widths must be as many as blocks"),
        (lambda: ResNetConfig((1,), (2,), option="D"), "option must be 'A', 'B' or 'C', got 'D'"),
        (lambda: ResNetConfig((1,), (2,), classes=0), "classes must be 1 or more"),
        (lambda: cifar_config(18), "got 18; try 14 or 20"),
        (lambda: cifar_config(2), "got 2; try 8 or 14"),
        (lambda: book.PadShortcut(4, 2), "outside must be 4 channels or more, got 2"),
        (lambda: book.Projection(0, 2), "inside must be a whole number from 1 on"),
        (lambda: book.Block(2, 2, 0, TINY["A"]), "stride must be a whole number"),
        (lambda: ResNet(TINY["A"])(torch.rand(3, 8, 8)), r"x must have shape \(B, C, H, W\)"),
        (lambda: ResNet(TINY["A"]).blocks[0](torch.rand(3, 8, 8)), r"x must have shape \(B, C, H, W\)"),
        (lambda: book.make_identity(ResNet(TINY["A"]).blocks[1]), "2 channels in and 4 out, halving the picture"),
        (lambda: book.make_identity(ResNet(TINY["C"]).blocks[0]), "must be plain or have an identity shortcut"),
        (lambda: book.make_identity(ResNet(replace(TINY["pre"], residual=False)).blocks[0]), "must be plain or have"),
        (lambda: book.make_identity(ResNet(replace(TINY["bottleneck"], residual=False)).blocks[1]), "2 convolutions, got 3"),
        (lambda: book.deepen(ResNet(TINY["A"]), 0), "extra must be a whole number from 1 on"),
        (lambda: book.gradient_norms(ResNet(TINY["A"]), images(), torch.tensor([1])), "labels must be as many as pictures"),
        (lambda: book.block_responses(ResNet(TINY["plain"]), images()), "model must have shortcuts"),
        (lambda: book.without_block(ResNet(TINY["A"]), 3).__enter__(), "index must be 0 to 2, got 3"),
        (lambda: book.without_block(ResNet(TINY["plain"]), 1).__enter__(), "a plain block that changes the shape"),
    ],
)
def test_bad_input_is_refused(call, said):
    with pytest.raises(ValueError, match=said):
        call()


# --- determinism, learning, sizes ------------------------------------------------------------------------------------


def test_the_seed_decides():
    first, second = (initialize(ResNet(TINY["A"]), seeded(4)).state_dict() for _ in range(2))
    assert all(torch.equal(first[name], second[name]) for name in first)


def learn(config, seed, steps):
    pictures, labels = shifted_digits(1200, seeded(0))
    pictures = pictures[:, None]
    model, generator = initialize(ResNet(config), seeded(seed)), seeded(100 + seed)
    sgd = torch.optim.SGD(model.parameters(), 0.05, momentum=0.9, weight_decay=1e-4)
    fade = torch.optim.lr_scheduler.LambdaLR(sgd, lambda i: min(1.0, 2 - 2 * i / steps))
    for _ in range(steps):
        k = torch.randint(1200, (32,), generator=generator)
        sgd.zero_grad()
        F.cross_entropy(model(pictures[k]), labels[k]).backward()
        sgd.step()
        fade.step()
    return 1 - accuracy(predict(model, [pictures]), labels)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_miniature_learns_and_the_plain_one_lags(seed):
    # training error after 100 steps, measured: residual 0.13, 0.19, 0.12, plain 0.43, 0.46, 0.49; chance is 0.9
    config = CONFIGS["miniature"]
    residual = learn(config, seed, 100)
    plain = learn(replace(config, residual=False), seed, 100)
    assert residual < 0.35 and plain > residual + 0.1


def test_a_net_of_depth_1202_takes_a_step():
    model = initialize(ResNet(cifar_config(1202, (1, 1, 1), channels=1)), seeded(0))
    before = [p.detach().clone() for p in model.parameters()]
    sgd = torch.optim.SGD(model.parameters(), 1e-3)
    F.cross_entropy(model(torch.rand(2, 1, 4, 4, generator=seeded(1))), torch.tensor([0, 1])).backward()
    sgd.step()
    moved = [not torch.equal(a, b) for a, b in zip(before, model.parameters(), strict=True)]
    assert all(p.isfinite().all() for p in model.parameters()) and moved[0] and sum(moved) > len(moved) / 2


@pytest.mark.parametrize("name", book.PUBLISHED_PARAMETERS)
def test_published_sizes(name):
    count, printed = book.PUBLISHED_PARAMETERS[name]
    with torch.device("meta"):
        model = ResNet(CONFIGS[name])
    assert count_parameters(model) == count
    assert printed is None or rounds_to(printed, count)


def work(config):
    r"""Multiply-adds layer by layer, from Table 1 and section 4.2: places times filters times what a filter sees."""
    inside, side = config.widths[0], 112 if config.large else 32
    total = side**2 * inside * 3 * (7**2 if config.large else 3**2)
    side = 56 if config.large else side
    for stage, (blocks, width) in enumerate(zip(config.blocks, config.widths, strict=True)):
        for block in range(blocks):
            side = side // 2 if stage and not block else side
            outside = 4 * width if config.bottleneck else width
            if config.bottleneck:
                total += side**2 * (inside * width + 9 * width**2 + width * outside)
            else:
                total += side**2 * 9 * (inside * width + width**2)
            if config.option == "B" and inside != outside:
                total += side**2 * inside * outside
            inside = outside
    return total + inside * config.classes


@pytest.mark.parametrize("name", book.PUBLISHED_PARAMETERS)
def test_multiply_adds(name):
    config = CONFIGS[name]
    side = 224 if config.large else 32
    with torch.device("meta"):
        counted = count_multiply_adds(ResNet(config), torch.zeros(1, 3, side, side))
    assert counted == work(config)
    if config.large:
        assert abs(counted / float(book.PRINTED_MULTIPLY_ADDS[name]) - 1) < 0.02
