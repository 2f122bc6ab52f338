r"""The mathematics that the book uses, each tool as a few lines of code.

Calculus: `numerical_jacobian`, `numerical_gradient`, `gradient_error`,
`vector_jacobian_product`. Linear algebra: `low_rank`, `condition_number`,
`principal_components`, `least_squares`, `normal_equations`. Probability:
`gaussian_log_density`, `standard_error`, `posterior`. Information:
`log_sum_exp`, `softmax`, `entropy`, `cross_entropy`, `kl_divergence`,
`huffman_code`.
"""

from deepbook.start.mathematics.algebra import (
    PrincipalComponents as PrincipalComponents,
)
from deepbook.start.mathematics.algebra import (
    condition_number as condition_number,
)
from deepbook.start.mathematics.algebra import least_squares as least_squares
from deepbook.start.mathematics.algebra import low_rank as low_rank
from deepbook.start.mathematics.algebra import (
    normal_equations as normal_equations,
)
from deepbook.start.mathematics.algebra import (
    principal_components as principal_components,
)
from deepbook.start.mathematics.calculus import (
    gradient_error as gradient_error,
)
from deepbook.start.mathematics.calculus import (
    numerical_gradient as numerical_gradient,
)
from deepbook.start.mathematics.calculus import (
    numerical_jacobian as numerical_jacobian,
)
from deepbook.start.mathematics.calculus import (
    vector_jacobian_product as vector_jacobian_product,
)
from deepbook.start.mathematics.information import (
    cross_entropy as cross_entropy,
)
from deepbook.start.mathematics.information import entropy as entropy
from deepbook.start.mathematics.information import (
    huffman_code as huffman_code,
)
from deepbook.start.mathematics.information import (
    kl_divergence as kl_divergence,
)
from deepbook.start.mathematics.information import log_sum_exp as log_sum_exp
from deepbook.start.mathematics.information import softmax as softmax
from deepbook.start.mathematics.probability import (
    gaussian_log_density as gaussian_log_density,
)
from deepbook.start.mathematics.probability import posterior as posterior
from deepbook.start.mathematics.probability import (
    standard_error as standard_error,
)
