"""Metrics: pure functions of feature matrices and of predicted classes, one family a file.

A feature matrix is (n, d), one row a sample; further axes are flattened. All arithmetic is in float64, so that the
order of the rows does not matter, and every answer is a plain number.

| function           | what it tells                      | paper                                                    |
|--------------------|------------------------------------|----------------------------------------------------------|
| `frechet`          | distance of two Gaussians          | Heusel et al., Two time-scale update rule (2017)         |
| `kernel_distance`  | polynomial MMD², unbiased          | Binkowski et al., Demystifying MMD GANs (2018)           |
| `precision_recall` | share of each set within the other | Kynkäänniemi et al., Improved precision and recall (2019)|
| `density_coverage` | the same, robust against outliers  | Naeem et al., Reliable fidelity and diversity (2020)     |
| `effective_rank`   | dimensions in use                  | Roy & Vetterli, The effective rank (2007)                |
| `vendi`            | effective number of samples        | Friedman & Dieng, The Vendi score (2023)                 |
| `authenticity`     | share of fakes that are no copies  | Alaa et al., How faithful is your synthetic data? (2022) |
| `copied`           | share near one training sample only| Yoon et al., Generalize when they fail to memorize (2023)|
| `spread`           | mean distance of two samples       |                                                          |
| `alignment`        | distance of partners' codes        | Wang & Isola, Alignment and uniformity (2020)            |
| `uniformity`       | how evenly codes fill the sphere   | the same; `uniform` is the least it can be               |
| `modality_gap`     | distance of modalities' means      | Liang et al., Mind the gap (2022)                        |
| `recall_at`        | true partner among the k nearest   |                                                          |
| `precision_at`     | right class among the k nearest    |                                                          |
| `mutual_information` | clusters against classes         |                                                          |
| `entropy`          | evenness of classes, in nats       |                                                          |
| `agreement`        | share of rows on which all agree   |                                                          |
| `variance_shares`  | variance by rows and by columns    | Fisher, Statistical methods (1925)                       |
| `auc`              | a positive scores above a negative | Hanley & McNeil, The area under a ROC curve (1982)       |
| `average_precision`| precision as the threshold falls   |                                                          |
| `calibration`      | whether shares come true           | Naeini et al., Well calibrated probabilities (2015)      |

A Fréchet distance here is one on the features of a named judge, never "FID", which is one on Inception's.
"""

from .classes import agreement, entropy
from .clusters import k_means, mutual_information
from .codes import alignment, effective_rank, modality_gap, uniform, uniformity
from .detection import auc, average_precision, calibration
from .distances import frechet, kernel_distance
from .manifolds import authenticity, copied, density_coverage, precision_recall, spread, vendi
from .retrieval import mean_average_precision, median_rank, partner_rank, precision_at, recall_at
from .variance import variance_shares

__all__ = [
    "agreement",
    "alignment",
    "auc",
    "authenticity",
    "average_precision",
    "calibration",
    "copied",
    "density_coverage",
    "effective_rank",
    "entropy",
    "frechet",
    "k_means",
    "kernel_distance",
    "mean_average_precision",
    "median_rank",
    "modality_gap",
    "mutual_information",
    "partner_rank",
    "precision_at",
    "precision_recall",
    "recall_at",
    "spread",
    "uniform",
    "uniformity",
    "variance_shares",
    "vendi",
]
