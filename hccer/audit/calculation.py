"""A calculation such as `(18 + 75) * 8` or `0.839 - 0.662`, with what rounding leaves open."""

import ast

from hccer.audit.printed import Range, printed_range
from schemas.errors import HccerError


def calculated(text: str) -> Range:
    """What a calculation with printed numbers can give.

    Args:
        text: numbers with `+ - * /` and brackets; whole numbers are counts, those with a point
            are rounded.

    Raises:
        HccerError: it is no such calculation, or divides by 0.
    """
    try:
        return _value(ast.parse(text.strip(), mode="eval").body, text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise _no_calculation(text) from None


def _value(node: ast.expr, text: str) -> Range:
    if isinstance(node, ast.Constant):
        digits = ast.get_source_segment(text.strip(), node)
        return printed_range(digits, whole="." not in digits)
    if not isinstance(node, ast.BinOp):
        raise _no_calculation(text)
    left, right = _value(node.left, text), _value(node.right, text)
    match node.op:
        case ast.Add():
            return left + right
        case ast.Sub():
            return left - right
        case ast.Mult():
            return left * right
        case ast.Div() if not right.holds(0):
            return left * Range(1 / right.high, 1 / right.low)
    raise _no_calculation(text)


def _no_calculation(text: str) -> HccerError:
    return HccerError(f"{text!r} is no calculation of numbers with + - * / and brackets")
