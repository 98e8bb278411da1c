"""The components every page is made of."""

import pytest
from django import forms
from django.template.loader import render_to_string
from pytest_django.asserts import assertInHTML, assertNotInHTML


class CustomerForm(forms.Form):
    name = forms.CharField(label="Name", help_text="As on the <invoice>.")
    email = forms.EmailField(label="E-mail", required=False)
    kind = forms.ChoiceField(choices=[("a", "A company"), ("b", "A person")], widget=forms.RadioSelect)
    agreed = forms.BooleanField(label="Send a copy", required=False)
    hidden = forms.CharField(widget=forms.HiddenInput, required=False)


class UploadForm(forms.Form):
    picture = forms.FileField()


@pytest.fixture
def form():
    return CustomerForm({"name": "", "email": "ana@", "kind": "a", "hidden": "kept"})


def test_a_form_keeps_what_was_typed_and_says_what_is_wrong(form):
    page = render_to_string("components/form.html", {"form": form, "submit": "Save customer", "cancel": "/customers/"})

    assertInHTML('<a href="#id_name">Name: This field is required.</a>', page)
    assertInHTML('<a href="#id_email">E-mail: Enter a valid email address.</a>', page)
    assertInHTML(
        '<input type="email" name="email" value="ana@" maxlength="320" aria-invalid="true" '
        'aria-describedby="id_email_error" id="id_email">',
        page,
    )
    assertInHTML('<input type="hidden" name="hidden" value="kept" id="id_hidden">', page)
    assertInHTML('<button class="button primary">Save customer</button>', page)
    assertInHTML('<a class="button quiet" href="/customers/">Cancel</a>', page)
    assert "data-changed" in page


def test_a_fresh_form_has_no_summary_and_nothing_unsaved():
    page = render_to_string("components/form.html", {"form": CustomerForm()})

    assert "error-summary" not in page
    assert "data-changed" not in page


def test_an_upload_travels_as_one():
    page = render_to_string("components/form.html", {"form": UploadForm()})

    assert 'enctype="multipart/form-data"' in page


def test_a_field_ties_its_hint_and_errors_to_its_control(form):
    page = render_to_string("components/field.html", {"field": form["name"]})

    assert 'aria-describedby="id_name_helptext id_name_error"' in page
    assert 'id="id_name_helptext">As on the &lt;invoice&gt;.' in page
    assert 'id="id_name_error"' in page


def test_only_optional_fields_say_so(form):
    assertNotInHTML(
        '<span class="optional">(optional)</span>', render_to_string("components/field.html", {"field": form["name"]})
    )
    assertInHTML(
        '<span class="optional">(optional)</span>', render_to_string("components/field.html", {"field": form["email"]})
    )


def test_choices_share_a_legend(form):
    page = render_to_string("components/field.html", {"field": form["kind"]})

    assertInHTML("<legend>Kind</legend>", page)


def test_a_form_by_itself_looks_like_ours(form):
    assert (
        str(form["name"].as_field_group()).strip()
        == render_to_string("components/field.html", {"field": form["name"]}).strip()
    )


def test_names_cannot_become_markup():
    chips = [{"url": '?x="><b>', "label": "<b>", "current": True, "count": 3}]

    page = render_to_string("components/chips.html", {"chips": chips})

    assert "<b>" not in page
    assertInHTML('<span class="chip-count">3</span>', page)


@pytest.mark.parametrize("code", ["400", "403", "404", "405", "429", "500", "form_out_of_date"])
def test_an_error_page_stands_without_context(code):
    page = render_to_string(f"errors/{code}.html")

    assert page.count("<h1>") == 1
    assert "<script" not in page
