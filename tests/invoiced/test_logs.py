import logging

from invoiced.logs import LineFormatter


def line(message: str, **facts) -> str:
    record = logging.makeLogRecord({"name": "billing", "levelname": "INFO", "created": 0, "msg": message, **facts})
    return LineFormatter().format(record)


def test_an_event_is_one_line_with_its_facts():
    assert line("sent", invoice="INV-1", seconds=2) == (
        '1970-01-01T00:00:00.000+00:00 INFO billing "sent" invoice=INV-1 seconds=2'
    )


def test_text_from_outside_cannot_begin_a_line_of_its_own():
    written = line("hello\nINFO forged", name_given="a\r\nb\x1b[31m\u2028c d=e")

    assert written.splitlines() == [written]
    assert written.endswith('"hello\\nINFO forged" name_given="a\\r\\nb\\u001b[31m\\u2028c d=e"')


def test_an_exception_stays_on_the_line():
    try:
        raise ValueError("two\nlines")
    except ValueError as error:
        written = line("failed", exc_info=(type(error), error, error.__traceback__))

    assert written.splitlines() == [written]
    assert "ValueError: two\\nlines" in written


def test_what_must_not_be_in_a_log_is_taken_out():
    token = "mF3kP9xQ2vL7nB4cR8tY1uI6oE0sDfGhJ5aZ"

    written = line(f"Not Found: /i/{token}", password="hunter22222", path=f"/i/{token}", card="4242 4242 4242 4242")

    assert written.endswith('"Not Found: /i/[redacted]" password="[redacted]" path="/i/[redacted]" card="[redacted]"')
