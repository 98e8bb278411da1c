import pytest

from audit.durations import in_words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 seconds"),
        (1, "1 second"),
        (119, "119 seconds"),
        (120, "2 minutes"),
        (7_199, "119 minutes"),
        (7_200, "2 hours"),
        (172_799, "47 hours"),
        (172_800, "2 days"),
        (86_400 * 2_500, "2,500 days"),
    ],
)
def test_a_length_of_time_is_said_in_its_largest_unit_that_fits_twice(seconds, words):
    assert in_words(seconds) == words
