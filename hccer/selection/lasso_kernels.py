"""Kernels of the LASSO path: Newton steps, each a quadratic with an L1 penalty.

The quadratic, 1/2 b'Gb - c'b + penalty * sum|b|, is minimised by coordinate descent, which finds
the signs, and Newton steps inside their orthant, which land on the exact minimum: features that
are almost copies of each other cost no thousands of sweeps. All kernels stand in one file because
numba's cache of a kernel does not notice a change in the file of another.
"""

import numpy as np

from hccer.radiomics.fast.jit import kernel

SWEEPS = 5  # between two Newton steps
ROUNDS = 2000
SINGULAR = 1e-10  # pivot relative to the diagonal
TOLERANCE = 1e-18  # of the null deviance: coefficients to about nine digits
NEWTON_STEPS = 100
SMALLEST_WEIGHT = 1e-9
COPY = 1e-10  # of the penalty: an exact copy of a chosen feature exceeds it by rounding alone
SLACK = 1e-8  # by which a slope may pass the penalty
EXPLAINED = 0.999  # glmnet's devmax: the path ends where the deviance is explained
GAIN = 1e-5  # glmnet's fdev: or where a step explains hardly more
FIRST = 5  # penalties before either is looked at


@kernel
def _sweep(
    gram: np.ndarray, slope: np.ndarray, penalty: float, beta: np.ndarray
) -> float:  # largest decrease of the objective by one coordinate, twice
    largest = 0.0
    for j in range(len(beta)):
        curvature = gram[j, j]
        if curvature <= 0:
            continue
        target = slope[j] + curvature * beta[j]
        new = 0.0
        if abs(target) > penalty * (1 + COPY):
            new = (target - np.sign(target) * penalty) / curvature
        step = new - beta[j]
        if step != 0:
            beta[j] = new
            for i in range(len(beta)):
                slope[i] -= step * gram[j, i]
            largest = max(largest, curvature * step * step)
    return largest


@kernel
def _solve(matrix: np.ndarray, vector: np.ndarray) -> None:
    """Cholesky in place of `matrix`; `vector` becomes the solution.

    What all but depends on earlier coordinates has the pivot of a faint ridge: in that direction
    the objective is a slope, along which the move goes until a coordinate is 0.
    """
    n = len(vector)
    for j in range(n):
        pivot = matrix[j, j]
        for k in range(j):
            pivot -= matrix[j, k] * matrix[j, k]
        root = np.sqrt(max(pivot, SINGULAR * matrix[j, j]))
        matrix[j, j] = root
        for i in range(j + 1, n):
            value = matrix[i, j]
            for k in range(j):
                value -= matrix[i, k] * matrix[j, k]
            matrix[i, j] = value / root
    for i in range(n):
        for k in range(i):
            vector[i] -= matrix[i, k] * vector[k]
        vector[i] /= matrix[i, i]
    for i in range(n - 1, -1, -1):
        for k in range(i + 1, n):
            vector[i] -= matrix[k, i] * vector[k]
        vector[i] /= matrix[i, i]


@kernel
def _newton_step(gram: np.ndarray, slope: np.ndarray, penalty: float, beta: np.ndarray) -> bool:
    """Towards the minimum over the nonzero coordinates, as far as none changes its sign.

    Returns whether a coordinate became 0 on the way, so that another step is due.
    """
    active = np.flatnonzero(beta)
    matrix = np.empty((len(active), len(active)))
    move = np.empty(len(active))
    for a, i in enumerate(active):
        move[a] = slope[i] - np.sign(beta[i]) * penalty
        for b, j in enumerate(active):
            matrix[a, b] = gram[i, j]
    _solve(matrix, move)
    share, first = 1.0, -1
    for a, i in enumerate(active):
        if move[a] * beta[i] < 0 and -beta[i] / move[a] < share:
            share, first = -beta[i] / move[a], a
    for a, i in enumerate(active):
        step = -beta[i] if a == first else share * move[a]
        beta[i] = 0.0 if a == first else beta[i] + step
        for j in range(len(beta)):
            slope[j] -= step * gram[i, j]
    return first >= 0


@kernel
def _minimise(
    gram: np.ndarray, linear: np.ndarray, penalty: float, beta: np.ndarray, tolerance: float
) -> bool:
    """Minimise from `beta` (k,) in place; returns whether it converged.

    `gram` (k, k) is positive semidefinite; a sweep that lowers the objective by less than half of
    `tolerance` is the last.
    """
    slope = linear.copy()
    for j in range(len(beta)):
        if beta[j] != 0:
            for i in range(len(beta)):
                slope[i] -= beta[j] * gram[j, i]
    for _ in range(ROUNDS):
        for _ in range(SWEEPS):
            if _sweep(gram, slope, penalty, beta) <= tolerance:
                return True
        while _newton_step(gram, slope, penalty, beta):
            pass
    return False


@kernel
def _mean_and_weight(
    y: np.ndarray, eta: np.ndarray, binomial: bool, residual: np.ndarray, weight: np.ndarray
) -> float:  # the mean deviance
    n, deviance = len(y), 0.0
    for i in range(n):
        if binomial:
            tail = np.exp(-abs(eta[i]))
            mean = 1 / (1 + tail) if eta[i] >= 0 else tail / (1 + tail)
            weight[i] = max(mean * (1 - mean), SMALLEST_WEIGHT) / n
            deviance += 2 * (np.log1p(tail) + max(eta[i], 0.0) - y[i] * eta[i])
        else:
            mean = eta[i]
            weight[i] = 1 / n
            deviance += (y[i] - mean) ** 2
        residual[i] = (y[i] - mean) / n
    return deviance / n


@kernel
def _predict(z: np.ndarray, intercept: float, beta: np.ndarray, eta: np.ndarray) -> None:
    active = np.flatnonzero(beta)
    for i in range(len(z)):
        total = intercept
        for j in active:
            total += z[i, j] * beta[j]
        eta[i] = total


@kernel
def _slopes(z: np.ndarray, residual: np.ndarray) -> np.ndarray:
    slope = np.zeros(z.shape[1])
    for i in range(z.shape[0]):
        for j in range(z.shape[1]):
            slope[j] += residual[i] * z[i, j]
    return slope


@kernel
def _weighted_sums(
    columns: np.ndarray, weight: np.ndarray, residual: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Gram matrix, weighted sums, and sums with the residual, of the columns (n, k)."""
    n, k = columns.shape
    gram, mean, slope = np.zeros((k, k)), np.zeros(k), np.zeros(k)
    for i in range(n):
        for a in range(k):
            scaled = weight[i] * columns[i, a]
            for b in range(k):
                gram[a, b] += scaled * columns[i, b]
            mean[a] += scaled
            slope[a] += residual[i] * columns[i, a]
    return gram, mean, slope


@kernel
def _quadratic_step(
    columns: np.ndarray, weight: np.ndarray, residual: np.ndarray, penalty: float,
    beta: np.ndarray, tolerance: float,
) -> tuple[np.ndarray, float, bool]:  # fmt: skip
    """New coefficients (k,), change of the intercept, convergence: the intercept profiled out."""
    gram, mean, slope = _weighted_sums(columns, weight, residual)
    total, rest = weight.sum(), residual.sum()
    new, linear = beta.copy(), np.empty(len(beta))
    for a in range(len(beta)):
        for b in range(len(beta)):
            gram[a, b] -= mean[a] * mean[b] / total
    for a in range(len(beta)):
        linear[a] = slope[a] - mean[a] * rest / total
        for b in range(len(beta)):
            linear[a] += gram[a, b] * beta[b]
    done = _minimise(gram, linear, penalty, new, tolerance)
    shift = rest
    for a in range(len(beta)):
        shift -= mean[a] * (new[a] - beta[a])
    return new, shift / total, done


@kernel
def _columns(z: np.ndarray, working: np.ndarray) -> np.ndarray:
    columns = np.empty((z.shape[0], len(working)))
    for i in range(z.shape[0]):
        for a, j in enumerate(working):
            columns[i, a] = z[i, j]
    return columns


@kernel
def _fit_working_set(
    z: np.ndarray, y: np.ndarray, working: np.ndarray, penalty: float, binomial: bool,
    intercept: float, beta: np.ndarray, eta: np.ndarray, residual: np.ndarray,
    weight: np.ndarray, tolerance: float,
) -> tuple[float, bool]:  # fmt: skip
    """Newton steps over the columns in `working`; `beta`, `eta`, `residual`, `weight` change."""
    columns = _columns(z, working)
    objective = _mean_and_weight(y, eta, binomial, residual, weight)
    objective += 2 * penalty * np.abs(beta).sum()
    for _ in range(NEWTON_STEPS):
        start, old = intercept, beta[working]
        new, shift, done = _quadratic_step(columns, weight, residual, penalty, old, tolerance)
        share = 1.0
        for _ in range(40):
            intercept = start + share * shift
            beta[working] = old + share * (new - old)
            _predict(z, intercept, beta, eta)
            value = _mean_and_weight(y, eta, binomial, residual, weight)
            value += 2 * penalty * np.abs(beta).sum()
            if not binomial or value <= objective * (1 + 1e-13):
                break
            share /= 2
        moved = shift * shift * weight.sum() + ((new - old) ** 2).sum() * weight.sum()
        objective = value
        if not done:
            return intercept, False
        if not binomial or moved <= 10 * tolerance:
            return intercept, True
    return intercept, False


@kernel
def trace(
    z: np.ndarray, y: np.ndarray, penalties: np.ndarray, binomial: bool,
    coefficients: np.ndarray, intercepts: np.ndarray, explained: np.ndarray,
) -> int:  # fmt: skip
    """Solutions for falling penalties; returns how many (minus that where one did not converge)."""
    n, p = z.shape
    beta, eta = np.zeros(p), np.zeros(n)
    residual, weight = np.empty(n), np.empty(n)
    mean = y.mean()
    intercept = np.log(mean / (1 - mean)) if binomial else mean
    eta[:] = intercept
    null = _mean_and_weight(y, eta, binomial, residual, weight)
    for step in range(len(penalties)):
        penalty, solved = penalties[step], False
        inside = beta != 0
        while True:
            slope = _slopes(z, residual)
            outside = (np.abs(slope) > penalty * (1 + SLACK)) & ~inside
            if solved and not outside.any():
                break
            inside |= outside
            working = np.flatnonzero(inside)
            intercept, solved = _fit_working_set(
                z, y, working, penalty, binomial, intercept, beta, eta, residual, weight,
                TOLERANCE * null,
            )  # fmt: skip
            if not solved:
                return -step
        coefficients[step], intercepts[step] = beta, intercept
        deviance = _mean_and_weight(y, eta, binomial, residual, weight)
        explained[step] = 1 - deviance / null
        gain = explained[step] - explained[step - 1] if step else 1.0
        if step + 1 >= FIRST and (explained[step] > EXPLAINED or gain < GAIN * explained[step]):
            return step + 1
    return len(penalties)
