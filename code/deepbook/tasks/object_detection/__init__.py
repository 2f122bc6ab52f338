r"""An object detector without anchors, its post-processing, its metric.

From left to right as data flow:

    scenes ── Grid.encode ──► targets ── detection_loss ──► Detector
    Detector ── Grid.decode ──► Detections ── suppress ──► Detections
    Detections, truths ── average_precisions ──► one number a class
                      └── count_errors ──► what kind of mistakes

`iou` and `nms` work on plain tensors of boxes, `paste` and `make_pairs` lay
scenes over one another so that objects truly overlap.

Examples:
    A perfect detector scores 1 at every threshold:

    >>> import torch
    >>> from deepbook.components.data import (
    ...     CROWD, DetectionDataset, make_scenes,
    ... )
    >>> scenes = make_scenes(20, CROWD, torch.Generator().manual_seed(0))
    >>> _, boxes, labels = DetectionDataset(scenes).tensors
    >>> truths = Detections.of(boxes, labels)
    >>> average_precisions(truths, truths, classes=4).mean()
    tensor(1., dtype=torch.float64)
"""

from deepbook.tasks.object_detection.boxes import area, iou, nms
from deepbook.tasks.object_detection.crowding import join, make_pairs, paste
from deepbook.tasks.object_detection.detections import Detections
from deepbook.tasks.object_detection.detector import Detector, detection_loss
from deepbook.tasks.object_detection.errors import KINDS, count_errors
from deepbook.tasks.object_detection.grid import Grid
from deepbook.tasks.object_detection.metrics import (
    COCO_THRESHOLDS,
    average_precision,
    average_precisions,
    match,
    precision_recall,
)

__all__ = [
    "COCO_THRESHOLDS",
    "KINDS",
    "Detections",
    "Detector",
    "Grid",
    "area",
    "average_precision",
    "average_precisions",
    "count_errors",
    "detection_loss",
    "iou",
    "join",
    "make_pairs",
    "match",
    "nms",
    "paste",
    "precision_recall",
]
