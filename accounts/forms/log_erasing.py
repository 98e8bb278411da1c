from django import forms


class PersonSearchForm(forms.Form):
    """Whom to look for; a GET form."""

    q = forms.CharField(required=False, max_length=100)


class LogErasingForm(forms.Form):
    reason = forms.CharField(
        label="Reason",
        max_length=500,
        help_text="Kept in the security log. Write the number of the request, not the name of the person.",
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Write why, such as the number or the date of the request."},
    )
