"""One table of all field types: field key -> what it accepts and refuses.

A package of field types adds a module of its own here.
"""

from __future__ import annotations

from tests.forms import (
    samples_choice,
    samples_dates,
    samples_files,
    samples_numbers,
    samples_picks,
    samples_places,
    samples_relations,
    samples_texts,
)
from tests.forms.sample import Sample

SAMPLES: dict[str, Sample] = {
    **samples_texts.SAMPLES,
    **samples_numbers.SAMPLES,
    **samples_dates.SAMPLES,
    **samples_choice.SAMPLES,
    **samples_picks.SAMPLES,
    **samples_places.SAMPLES,
    **samples_files.SAMPLES,
    **samples_relations.SAMPLES,
}
