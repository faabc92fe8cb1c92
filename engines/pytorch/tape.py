"""Records what one training step comes down to, and plays that back without the Python and autograd around it.

For a network this small, most of a step's time is not arithmetic but bookkeeping: module calls, the graph that
autograd builds and walks, loops over parameters. While a step is done once, every tensor operation is written
down, those of autograd's backward pass and of the update included. Playing them gives the same bits, as they are
the same operations on the same shapes; only what they were called from is gone. Nothing is compiled.
"""

import operator
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

aten = torch.ops.aten
Function = Callable[..., Any]

ALIASES = (aten.detach.default, aten.alias.default)  # the same tensor, apart from autograd
VIEWS = (aten.t.default, aten.unsqueeze.default, aten.view.default)  # the same memory under another shape
# The same operators by their older bindings, which spend less time on reading their arguments.
BINDINGS: dict[Any, Function] = {
    aten.t.default: torch.t,
    aten.squeeze.dim: torch.squeeze,
    aten.mm.default: torch.mm,
    aten.addmm.default: torch.addmm,
    aten.relu.default: torch.relu,
    aten.sum.dim_IntList: torch.sum,
    aten.add.Tensor: torch.add,
    aten.mul.Tensor: torch.mul,
    aten.div.Tensor: torch.div,
    aten.sqrt.default: torch.sqrt,
    aten.add_.Tensor: Tensor.add_,
    aten.mul_.Tensor: Tensor.mul_,
    aten.addcmul_.default: Tensor.addcmul_,
    aten._log_softmax.default: torch._log_softmax,
}


class Tape:
    """Operations on numbered places; a place holds an input, a constant, or what some operation made."""

    def __init__(self) -> None:
        self._places: list[Any] = []
        self._operations: list[tuple[Function, Callable[[list[Any]], Any], int]] = []
        self._results: list[int] = []

    def play(self, *inputs: Tensor) -> list[Tensor]:
        """Do every operation in order, for inputs shaped as the recorded ones."""
        places = self._places
        places[: len(inputs)] = inputs
        for function, arguments, place in self._operations:
            places[place] = function(*arguments(places))
        return [places[result] for result in self._results]

    def keep(self, value: Any) -> int:
        """A new place that holds `value`."""
        self._places.append(value)
        return len(self._places) - 1

    def add(self, function: Function, arguments: Sequence[int]) -> int:
        """A new place that will hold `function` of what is in other places."""
        self._operations.append((function, taking(arguments), self.keep(None)))
        return len(self._places) - 1

    def end(self, results: Sequence[int]) -> None:
        """Say which places `play` gives back."""
        self._results = list(results)


def taking(places: Sequence[int]) -> Callable[[list[Any]], Any]:
    """A function that takes what is in these places; `itemgetter` gives a sequence only for two and more."""
    if len(places) > 1:
        return operator.itemgetter(*places)
    return operator.itemgetter(slice(places[0], places[0] + 1) if places else slice(0))


def record(step: Callable[..., Sequence[Tensor]], *inputs: Tensor) -> Tape:
    """Do `step` once, and record it; tensors that it finds elsewhere are used, and written to, where they are."""
    with Recorder(inputs) as recorder:
        results = step(*inputs)
    recorder.tape.end([recorder.place(result) for result in results])
    return recorder.tape


class Recorder(TorchDispatchMode):
    """Sees every operation on tensors while it is entered, and puts it on a tape."""

    def __init__(self, inputs: Sequence[Tensor]) -> None:
        super().__init__()
        self.tape = Tape()
        self._seen: list[Any] = []  # keeps all tensors alive, so that no `id` is used twice
        self._place_of: dict[int, int] = {}  # by `id`
        self._constants: dict[int, Any] = {}  # by place
        self._transposed: dict[int, int] = {}  # place of a transpose → place of what it is of
        for tensor in inputs:
            self._remember(tensor, self.tape.keep(None))

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return False  # else torch imports its whole compiler, a second's work, to keep it away from here

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        if func is aten._local_scalar_dense.default:
            raise NotImplementedError("a step that looks at a number cannot be recorded")
        self._note(func, [self.place(argument) for argument in args], kwargs or {}, result)
        return result

    def place(self, value: Any) -> int:
        """Where on the tape a value is; a new constant if it has not been seen."""
        if isinstance(value, list | tuple) and any(isinstance(part, Tensor) for part in value):
            return self.tape.add(lambda *parts: list(parts), [self.place(part) for part in value])
        if isinstance(value, Tensor) and id(value) in self._place_of:
            return self._place_of[id(value)]
        return self._constant(value)

    def _note(self, func: Any, arguments: list[int], kwargs: Mapping[str, Any], result: Any) -> None:
        if func in ALIASES:
            self._remember(result, arguments[0])
        elif func is aten.t.default and arguments[0] in self._transposed:
            self._remember(result, self._transposed[arguments[0]])
        elif func in VIEWS and all(place in self._constants for place in arguments):
            # a view of a parameter stays one, as parameters are written to in place and never move
            self._constant(result)
        else:
            self._remember(result, self._add(func, arguments, kwargs))
        if func is aten.t.default:
            self._transposed[self.place(result)] = arguments[0]

    def _add(self, func: Any, arguments: list[int], kwargs: Mapping[str, Any]) -> int:
        function = BINDINGS.get(func) or func._op  # `_op` is the operator without its Python wrapper
        return self.tape.add(partial(function, **kwargs) if kwargs else function, arguments)

    def _constant(self, value: Any) -> int:
        place = self.tape.keep(value)
        self._constants[place] = value
        self._remember(value, place)
        return place

    def _remember(self, value: Any, place: int) -> None:
        """Note where a tensor is, or each tensor of a tuple."""
        self._seen.append(value)
        if isinstance(value, Tensor):
            self._place_of[id(value)] = place
        elif isinstance(value, tuple) and any(isinstance(part, Tensor) for part in value):
            for index, part in enumerate(value):
                self._remember(part, self.tape.add(operator.itemgetter(index), [place]))
