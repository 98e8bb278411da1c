from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

SHORTEST_MONTHS, LONGEST_MONTHS = 12, 72


class LogSettings(models.Model):
    """How long a company keeps what its entries say. Where there is no row: as long as is possible."""

    company_id = models.UUIDField(primary_key=True)
    kept_months = models.PositiveSmallIntegerField(
        default=LONGEST_MONTHS,
        validators=[MinValueValidator(SHORTEST_MONTHS), MaxValueValidator(LONGEST_MONTHS)],
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kept_months__gte=SHORTEST_MONTHS, kept_months__lte=LONGEST_MONTHS),
                name="log_kept_between_one_and_six_years",
            ),
        ]

    def __str__(self) -> str:
        return "the logs"
