"""Training in stages; see `presets.StagedPreset`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from rnnrbm_live.core.frame import N_PITCHES, Bits, transpose
from rnnrbm_live.model.build import new_model
from rnnrbm_live.model.corpus import Corpus
from rnnrbm_live.model.lookback import echoes
from rnnrbm_live.model.nade import RNNNADE, nade_log_likelihood
from rnnrbm_live.model.presets import Stage, StagedPreset
from rnnrbm_live.model.rnnrbm import contrastive_cost, gibbs_chain, reconstruction_monitor
from rnnrbm_live.model.sweep_graph import SweepGraph
from rnnrbm_live.model.training_step import NoisePool, Update, keyed_generator, pooled_gibbs_chain

NOISE_POOL_SWEEPS = 8
"""The pool holds the noise of this many half sweeps."""
ADAM_BETAS = (0.9, 0.99)
GRADIENT_NORM_LIMIT = 1.0
CONSTANT_SHARE = 0.4
FINAL_RATE_SHARE = 0.02
INTRUDER_KEYS = 4
INTRUDER_STEPS = 32
UNTOLD_SHARE = 0.15
"""Share of pieces whose phrases the model is not told of, since a player's are not known."""
_AVERAGE, _ADAM, _CHAINS, _CARRIED = "average.", "adam.", "chains", "carried"


@dataclass(frozen=True)
class LaneChunk:
    """Steps `first` up to but not including `last` of a training piece, read on one lane.

    The state is carried over from the lane's chunk before, unless `first` is 0: then a piece begins. Where phrases are
    an input, `in_phrase` says whether the model is told of this piece's.
    """

    lane: int
    piece: int
    first: int
    last: int
    semitones: int
    in_phrase: bool = True


class StagedTrainer:
    """Reads several pieces side by side, carries the state along them, and keeps a weight average."""

    def __init__(self, corpus: Corpus, preset: StagedPreset, *, seed: int, device: str = "cpu") -> None:
        """Make the model and its first optimiser, on a device."""
        self._preset = preset
        self._device = torch.device(device)
        self._seed = seed
        self._pieces = corpus.train
        self.model = new_model(corpus.config)
        rates = np.mean([piece.bits.mean(axis=0) for piece in self._pieces], axis=0)
        spread = [transpose(rates[None], semitones)[0] for semitones in range(*preset.stages[0].transpositions)]
        self.model.initialise_staged(torch.from_numpy(np.mean(spread, axis=0)).float(), keyed_generator(seed))
        self.model.to(self._device)
        self._average = {name: tensor.detach().clone() for name, tensor in self.model.named_parameters()}
        self._optimizer = self._new_optimizer(preset.stages[0])
        self._alike = [piece.likeness(corpus.config) for piece in self._pieces]  # (T + 1, L) each
        # One chain per training frame, in the piece's own key.
        self._chains: list[Bits] = [piece.bits.copy() for piece in self._pieces]
        self._carried = torch.zeros(preset.lanes, corpus.config.n_recurrent, device=self._device)  # (lanes, R)
        self._noise = self._new_noise(0)
        self._sweep_graphs: dict[int, SweepGraph] = {}  # one for each limit of notes

    def stage_name(self, epoch: int) -> str:
        """Name what is being done in an epoch."""
        chains = self._stage_at(epoch)[1].chains
        return "exact likelihood" if chains == "none" else f"{chains} chains"

    def plan_epoch(self, epoch: int) -> list[list[LaneChunk]]:
        """Return the epoch's batches, at most one chunk per lane in each; they depend on seed and epoch."""
        random = np.random.default_rng((self._seed, epoch))
        low, high = self._stage_at(epoch)[1].transpositions
        lanes: list[list[LaneChunk]] = [[] for _ in range(self._preset.lanes)]
        for piece in random.permutation(len(self._pieces)).tolist():
            semitones = int(random.integers(low, high))
            in_phrase = not self.model.config.phrase_beats or random.random() >= UNTOLD_SHARE
            lane = min(range(len(lanes)), key=lambda index: len(lanes[index]))
            length, size = len(self._pieces[piece]), self._preset.chunk_steps
            lanes[lane] += [
                LaneChunk(lane, piece, first, min(first + size, length), semitones, in_phrase)
                for first in range(0, length, size)
            ]
        longest = max(len(chunks) for chunks in lanes)
        return [[chunks[index] for chunks in lanes if index < len(chunks)] for index in range(longest)]

    def begin_epoch(self, epoch: int) -> None:
        """Draw fresh noise; start the optimiser anew where a stage begins."""
        self._noise = self._new_noise(epoch)
        stage_index, stage, first_epoch = self._stage_at(epoch)
        if epoch == first_epoch and stage_index:
            self._optimizer = self._new_optimizer(stage)

    def update(self, chunks: list[LaneChunk], *, epoch: int, index: int, progress: float) -> Update:
        """Take one gradient step on the frames of all lanes."""
        _, stage, first_epoch = self._stage_at(epoch)
        stage_progress = (epoch - first_epoch + progress) / stage.epochs
        generator = self._generator(epoch, index)
        model = self.model

        real, next_contexts, v = self._read(chunks)  # (B, T), (B, T), (B, T, V)
        heard = self._with_intruders(v, generator)  # (B, T, V)
        heard = _legal(heard, self._previous_frames(chunks, heard))
        previous = self._previous_frames(chunks, heard)  # (B, T, V)
        u = self._run_recurrence(
            chunks, heard, next_contexts, stage.input_dropout, generator
        )  # (B, T, R), u(t-1) of each frame
        u = u[real]  # (N, R)
        u = u * _dropout_mask(u.shape, stage.dropout, generator)
        b_v, b_h = model.biases(u)  # (N, V), (N, H)

        data = _legal(v, previous)[real]  # (N, V)
        if isinstance(model, RNNNADE) or stage.chains == "none":
            W_out = model.W_out if isinstance(model, RNNNADE) else model.W
            log_likelihood = nade_log_likelihood(data, model.W, W_out, b_v, b_h).mean()
            cost, monitor = -log_likelihood, float(log_likelihood.detach())
        else:
            start = data
            if stage.chains != "data":
                start = (previous if stage.chains == "short-run" else self._pad(chunks, self._chains))[real]
            if stage.exchanged:
                start = _exchange(start, stage.exchanged, generator)
            sample = self._run_chains(start, b_v, b_h, stage, _gibbs_steps(stage, stage_progress), generator)
            if stage.chains == "persistent":
                self._store_chains(chunks, sample)
            cost = contrastive_cost(data, sample, model.W, b_v, b_h)
            # One sweep from the data: these chains start elsewhere, so their ends are no reconstructions.
            monitor = self._one_sweep_monitor(data, b_v, b_h, self._generator(epoch, index, 1))

        self._set_rates(_rate_factor(stage_progress))
        self._optimizer.zero_grad()
        torch.autograd.backward(cost)
        nn.utils.clip_grad_norm_(model.parameters(), GRADIENT_NORM_LIMIT)
        self._optimizer.step()
        with torch.no_grad():
            for name, parameter in model.named_parameters():
                self._average[name].lerp_(parameter, 1 - self._preset.average)
        return Update(frames=len(data), monitor=monitor, weight=len(data))

    def weights(self) -> dict[str, Tensor]:
        """Return the average of the weights."""
        return {name: _on_cpu(tensor) for name, tensor in self._average.items()}

    def state(self) -> dict[str, Tensor]:
        """Return all that `load_state` needs to go on as if it had not stopped."""
        state = {name: _on_cpu(tensor) for name, tensor in self.model.state_dict().items()}
        state |= {_AVERAGE + name: _on_cpu(tensor) for name, tensor in self._average.items()}
        for index, moments in self._optimizer.state_dict()["state"].items():
            state |= {f"{_ADAM}{index}.{name}": _on_cpu(tensor) for name, tensor in moments.items()}
        state[_CHAINS] = torch.from_numpy(np.packbits(np.concatenate(self._chains), axis=1))
        state[_CARRIED] = _on_cpu(self._carried)
        return state

    def load_state(self, state: Mapping[str, Tensor], *, epoch: int) -> None:
        """Go on in an epoch from a state."""
        self._noise = self._new_noise(epoch)
        self._optimizer = self._new_optimizer(self._stage_at(epoch)[1])
        names = set(self.model.state_dict())
        self.model.load_state_dict({name: tensor for name, tensor in state.items() if name in names})
        for name in self._average:
            self._average[name].copy_(state[_AVERAGE + name])
        moments: dict[int, dict[str, Tensor]] = {}
        for name, tensor in state.items():
            if name.startswith(_ADAM):
                index, moment = name.removeprefix(_ADAM).split(".")
                moments.setdefault(int(index), {})[moment] = tensor.clone()
        self._optimizer.load_state_dict({**self._optimizer.state_dict(), "state": moments})
        rows = np.unpackbits(state[_CHAINS].numpy(), axis=1)[:, : self.model.config.n_visible]
        ends = np.cumsum([len(piece) for piece in self._pieces])
        self._chains = [chain.copy() for chain in np.split(rows, ends[:-1])]
        self._carried = state[_CARRIED].to(self._device, copy=True)

    @torch.no_grad()
    def _run_chains(
        self, start: Tensor, b_v: Tensor, b_h: Tensor, stage: Stage, steps: int, generator: torch.Generator
    ) -> Tensor:
        most_notes = self.model.config.max_notes if stage.chains == "short-run" else N_PITCHES
        if self._device.type == "cuda":
            if most_notes not in self._sweep_graphs:
                rows = self._preset.lanes * self._preset.chunk_steps
                self._sweep_graphs[most_notes] = SweepGraph(self.model.W.detach(), rows, most_notes)
            seed = int(torch.randint(1 << 62, (), generator=generator, device=self._device))
            return self._sweep_graphs[most_notes].run(start, b_v, b_h, steps=steps, seed=seed)
        v, _ = pooled_gibbs_chain(
            start,
            self.model.W,
            b_v,
            b_h,
            steps=steps,
            noise=self._noise,
            generator=generator,
            most_notes=most_notes,
        )
        return v

    @torch.no_grad()
    def _one_sweep_monitor(self, data: Tensor, b_v: Tensor, b_h: Tensor, generator: torch.Generator) -> float:
        _, drive_v = gibbs_chain(data, self.model.W, b_v, b_h, steps=1, generator=generator)
        return float(reconstruction_monitor(data, drive_v))

    # Reading

    def _read(self, chunks: list[LaneChunk]) -> tuple[Tensor, Tensor, Tensor]:
        """Return which rows are music (B, T), the place after each (B, T), and the rows (B, T, V)."""
        longest = max(chunk.last - chunk.first for chunk in chunks)
        contexts = np.zeros((len(chunks), longest), np.int64)
        real = np.zeros((len(chunks), longest), bool)
        for row, chunk in enumerate(chunks):
            after = self._contexts(chunk)[chunk.first + 1 : chunk.last + 1]
            contexts[row, : len(after)] = after  # nothing follows the last step of a piece: left at 0, never used
            real[row, : chunk.last - chunk.first] = True
        rows = self._pad(chunks, [piece.bits for piece in self._pieces])
        return torch.from_numpy(real).to(self._device), torch.from_numpy(contexts).to(self._device), rows

    def _contexts(self, chunk: LaneChunk) -> NDArray[np.int64]:
        """Return the places of a whole piece, (T,), as they are told."""
        contexts, config = self._pieces[chunk.piece].contexts, self.model.config
        if chunk.in_phrase:
            return contexts
        return contexts % config.n_bar_positions + (config.phrase_beats - 1) * config.n_bar_positions

    def _pad(self, chunks: list[LaneChunk], by_piece: Sequence[Bits]) -> Tensor:
        """Return the chunks' rows in their keys, (B, T, V), zeros after the shorter ones."""
        longest = max(chunk.last - chunk.first for chunk in chunks)
        rows = np.zeros((len(chunks), longest, self.model.config.n_visible), np.uint8)
        for row, chunk in enumerate(chunks):
            moved = transpose(by_piece[chunk.piece][chunk.first : chunk.last], chunk.semitones)
            rows[row, : len(moved)] = moved
        return torch.from_numpy(rows).to(self._device).float()

    def _with_intruders(self, v: Tensor, generator: torch.Generator) -> Tensor:
        """Return the music as the model hears it, (B, T, V): now and then a cluster of keys intrudes.

        In a share of the chunks, up to `INTRUDER_KEYS` neighbouring keys sound, and are struck at random, for up to
        `INTRUDER_STEPS` steps; in half of these the music falls silent meanwhile. The target stays the music.
        """
        heard = v.clone()
        for lane in range(len(v)):
            chance, replaces, where, key, width, length = _uniform((6,), generator).tolist()
            if chance >= self._preset.intruders:
                continue
            first = int(where * v.shape[1])
            rows = heard[lane, first : first + 1 + int(length * INTRUDER_STEPS)]  # (L, V), a view
            if replaces < 0.5:
                rows.zero_()
            keys = slice(low := int(key * N_PITCHES), low + 1 + int(width * INTRUDER_KEYS))
            rows[:, :N_PITCHES][:, keys] = 1
            onsets = rows[:, N_PITCHES:][:, keys]  # (L, keys), or nothing where the model knows no onsets
            onsets.copy_(_uniform(onsets.shape, generator) < 0.5)
        return heard

    def _previous_frames(self, chunks: list[LaneChunk], v: Tensor) -> Tensor:
        """Return the frame before each frame, (B, T, V); silence before a piece."""
        before = v.new_zeros(len(chunks), 1, v.shape[2])
        for row, chunk in enumerate(chunks):
            if chunk.first:
                bits = self._pieces[chunk.piece].bits[chunk.first - 1 : chunk.first]
                before[row] = torch.from_numpy(transpose(bits, chunk.semitones))
        return torch.cat((before, v[:, :-1]), dim=1)

    def _run_recurrence(
        self,
        chunks: list[LaneChunk],
        heard: Tensor,
        next_contexts: Tensor,
        input_dropout: float,
        generator: torch.Generator,
    ) -> Tensor:
        """Return the state before each frame, (B, T, R), and carry each lane's last state on."""
        first_contexts = next_contexts.new_tensor([self._contexts(chunk)[chunk.first] for chunk in chunks])
        begins = torch.tensor([chunk.first == 0 for chunk in chunks], device=self._device)[:, None]
        lanes = [chunk.lane for chunk in chunks]
        first_state = torch.where(begins, self.model.initial_state(first_contexts), self._carried[lanes])  # (B, R)
        shown = self._echoes(chunks)  # (B, T, L V)
        mask = _dropout_mask((len(chunks), 1, heard.shape[2] + shown.shape[2]), input_dropout, generator)
        states = self.model.recur(heard, next_contexts, first_state, echoes=shown, input_mask=mask)  # (B, T, R)
        self._carried[lanes] = states.detach()[torch.arange(len(chunks)), _last_steps(chunks)]
        return torch.cat((first_state[:, None], states[:, :-1]), dim=1)

    def _echoes(self, chunks: list[LaneChunk]) -> Tensor:
        """Return what the model is shown of earlier bars, before the frame after each, (B, T, L V)."""
        lags = self.model.config.lookback_steps
        longest = max(chunk.last - chunk.first for chunk in chunks)
        rows = np.zeros((len(chunks), longest, len(lags) * self.model.config.n_visible), np.float32)
        for row, chunk in enumerate(chunks if lags else ()):
            after = chunk.first + 1
            begin = max(0, after - max(lags))
            bits = transpose(self._pieces[chunk.piece].bits[begin : chunk.last], chunk.semitones)
            alike = self._alike[chunk.piece][after : chunk.last + 1]
            rows[row, : len(alike)] = echoes(bits, lags, alike, first=after - begin)
        return torch.from_numpy(rows).to(self._device)

    def _store_chains(self, chunks: list[LaneChunk], sample: Tensor) -> None:
        """Keep the chains' ends, (N, V): they go on there when these frames come again."""
        rows = sample.byte().numpy(force=True)
        first = 0
        for chunk in chunks:
            length = chunk.last - chunk.first
            own_key = transpose(rows[first : first + length], -chunk.semitones)
            self._chains[chunk.piece][chunk.first : chunk.last] = own_key
            first += length

    def _new_noise(self, epoch: int) -> NoisePool:
        config, preset = self.model.config, self._preset
        half_sweep = preset.lanes * preset.chunk_steps * max(config.n_visible, config.n_hidden)
        return NoisePool(NOISE_POOL_SWEEPS * half_sweep, self._generator(epoch, -1))

    def _generator(self, *place: int) -> torch.Generator:
        return keyed_generator(self._seed, *place, device=self._device)

    # Optimiser

    def _stage_at(self, epoch: int) -> tuple[int, Stage, int]:
        """Return the stage of an epoch: its index, itself, and its first epoch."""
        first = 0
        for index, stage in enumerate(self._preset.stages):
            if epoch < first + stage.epochs:
                return index, stage, first
            first += stage.epochs
        return len(self._preset.stages) - 1, self._preset.stages[-1], first - self._preset.stages[-1].epochs

    def _new_optimizer(self, stage: Stage) -> torch.optim.AdamW:
        model = self.model
        recurrent = [model.u0, *(p for p in model.recurrence.parameters() if p.requires_grad)]
        groups = [
            {
                "params": [p for n, p in model.named_parameters() if n != "u0" and not n.startswith("recurrence")],
                "full_rate": stage.learning_rate,
            },
            {"params": recurrent, "full_rate": stage.learning_rate * self._preset.rnn_rate},
        ]
        return torch.optim.AdamW(
            groups,
            lr=stage.learning_rate,
            betas=ADAM_BETAS,
            weight_decay=stage.weight_decay,
            fused=self._device.type == "cuda",
        )

    def _set_rates(self, factor: float) -> None:
        for group in self._optimizer.param_groups:
            group["lr"] = group["full_rate"] * factor


def _gibbs_steps(stage: Stage, progress: float) -> int:
    return round(stage.first_gibbs_steps + (stage.last_gibbs_steps - stage.first_gibbs_steps) * progress)


def _rate_factor(progress: float) -> float:
    """Constant for 40 % of a stage, then falling exponentially to 2 %."""
    falling = max(0.0, progress - CONSTANT_SHARE) / (1 - CONSTANT_SHARE)
    return float(FINAL_RATE_SHARE**falling)


def _legal(v: Tensor, previous: Tensor) -> Tensor:
    """Make rows playable after the rows before them, as `core.frame.legal_frame` does, (B, T, V)."""
    if v.shape[2] == N_PITCHES:
        return v
    sounding, onsets = v[..., :N_PITCHES], v[..., N_PITCHES:]
    begun = sounding * (1 - previous[..., :N_PITCHES])
    return torch.cat((sounding, torch.maximum(sounding * onsets, begun)), dim=2)


def _exchange(start: Tensor, share: float, generator: torch.Generator) -> Tensor:
    """Return the rows, (N, V), with a `share` of them replaced by others of them."""
    chosen = _uniform((len(start), 1), generator) < share
    others = torch.randperm(len(start), generator=generator, device=start.device)
    return torch.where(chosen, start[others], start)


def _dropout_mask(shape: tuple[int, ...], share: float, generator: torch.Generator) -> Tensor:
    """Return 0 for a `share` of places and 1 / (1 - share) for the others."""
    return (_uniform(shape, generator) >= share).float() / max(1 - share, 1e-3)


def _uniform(shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    return torch.rand(shape, generator=generator, device=generator.device)


def _on_cpu(tensor: Tensor) -> Tensor:
    return tensor.detach().to("cpu", copy=True)


def _last_steps(chunks: list[LaneChunk]) -> Tensor:
    """Return where each chunk ends among its rows, (B,)."""
    return torch.tensor([chunk.last - chunk.first - 1 for chunk in chunks])
