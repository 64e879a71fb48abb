"""What a permission allows, in the language of who gives it: Django keeps one English sentence in the database."""

from django import forms
from django.contrib.auth.models import Permission
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

_DEEDS = {
    "view": _("Can see"),
    "add": _("Can add"),
    "change": _("Can change"),
    "delete": _("Can delete"),
}


class PermissionsField(forms.ModelMultipleChoiceField):
    def label_from_instance(self, obj: Permission) -> str:
        return permission_words(obj)


def permission_words(permission: Permission) -> str:
    model = permission.content_type.model_class()
    thing = str(capfirst(model._meta.verbose_name_plural)) if model else permission.content_type.model
    deed, __, on = permission.codename.partition("_")
    is_usual = deed in _DEEDS and on == permission.content_type.model
    return f"{thing}: {_DEEDS[deed] if is_usual else gettext(permission.name)}"
