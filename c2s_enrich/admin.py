"""Access: API keys, users and groups."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, Permission, User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django_otp.plugins.otp_totp.models import TOTPDevice
from unfold.admin import ModelAdmin
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.forms import AdminPasswordChangeForm, BaseDialogForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminIntegerFieldWidget

from c2s_enrich.back_office import KnownLookups, Listing, badge, dialog_done, moment
from c2s_enrich.models import ApiKey, Scope, api_key_limit, api_key_make, api_key_revoke
from c2s_enrich.permission_words import PermissionsField
from c2s_enrich.privacy import admin as _privacy  # noqa: F401  its pages
from c2s_enrich.roles import ROLE_NAMES, ROLES
from c2s_enrich.second_factor import second_factor_drop

SECONDS_MOST = 10_000


class ApiKeyForm(forms.ModelForm):
    scopes = forms.MultipleChoiceField(
        label=_("Scopes"),
        choices=Scope.choices,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        initial=[Scope.LOOKUP.value],
    )

    class Meta:
        model = ApiKey
        fields = ("name", "scopes", "rate_per_second", "expires_at")

    def clean_rate_per_second(self) -> int:
        rate: int = self.cleaned_data["rate_per_second"]
        if rate > SECONDS_MOST:
            raise forms.ValidationError(_("At most %(most)s; 0 means no limit."), params={"most": SECONDS_MOST})
        return rate


class LimitForm(BaseDialogForm):
    rate_per_second = forms.IntegerField(
        label=_("Requests per second"),
        help_text=_("0 means no limit."),
        min_value=0,
        max_value=SECONDS_MOST,
        widget=UnfoldAdminIntegerFieldWidget,
    )


def _page_of(key_id: str) -> str:
    return reverse("admin:c2s_enrich_apikey_change", args=[key_id])


@admin.register(ApiKey)
class ApiKeyAdmin(Listing):
    """Keys are made and revoked, never changed or deleted: what used a key must stay answerable."""

    form = ApiKeyForm
    list_display = ("name", "prefix", "state_label", "shown_scopes", "rate_per_second", "used", "made")
    list_filter = ("revoked_at",)
    ordering = ("-created_at",)
    search_fields = ("name", "prefix")
    fields = (
        "name", "prefix", "state_label", "shown_scopes", "rate_per_second", "burst", "expires", "revoked",
        "used", "made",
    )  # fmt: skip
    actions = ("revoke",)
    actions_detail = ("limit_this", "revoke_this")

    used = moment("last_used_at", _("last used"))
    made = moment("created_at", _("made"))
    expires = moment("expires_at", _("expires"))
    revoked = moment("revoked_at", _("revoked"))

    def get_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> tuple[str, ...]:
        return self.fields if obj else ApiKeyForm.Meta.fields

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_revoke_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("c2s_enrich.change_apikey")

    def save_model(self, request: HttpRequest, obj: ApiKey, form: Any, change: bool) -> None:
        given = form.cleaned_data
        made, key = api_key_make(
            name=given["name"],
            scopes=given["scopes"],
            rate_per_second=given["rate_per_second"],
            expires_at=given["expires_at"],
        )
        # the caller goes on with `obj`: it logs and names what was made
        obj.pk, obj.prefix = made.pk, made.prefix
        obj.clear_text = key

    def response_add(self, request: HttpRequest, obj: ApiKey, post_url_continue: str | None = None) -> HttpResponse:
        """The key in the answer itself: a message would travel in a cookie, readable by whoever reads cookies."""
        shown = {"title": _("Key made"), "key": obj.clear_text, "made": obj, "page": _page_of(str(obj.pk))}
        context = self.admin_site.each_context(request) | {"opts": ApiKey._meta} | shown
        return TemplateResponse(request, "admin/c2s_enrich/apikey/made.html", context)

    @admin.action(description=_("Revoke"), permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        revoked = [key for key in queryset if self._revoked(request, key)]
        spared = queryset.count() - len(revoked)
        if revoked:
            told = ngettext("%(count)d key revoked.", "%(count)d keys revoked.", len(revoked))
            self.message_user(request, told % {"count": len(revoked)}, messages.SUCCESS)
        if spared:
            told = ngettext("%(count)d key was revoked before.", "%(count)d keys were revoked before.", spared)
            self.message_user(request, told % {"count": spared}, messages.WARNING)

    @action(
        description=_("Revoke"),
        permissions=["revoke"],
        icon="block",
        variant=ActionVariant.DANGER,
        dialog={
            "title": _("Revoke this key?"),
            "description": _("Whoever uses it is refused from now on. This cannot be undone."),
            "form_submit_text": _("Revoke"),
        },
    )
    def revoke_this(self, request: HttpRequest, form: BaseDialogForm, object_id: str) -> HttpResponse:
        self.revoke(request, self.get_queryset(request).filter(pk=object_id))
        return dialog_done(request, _page_of(object_id))

    @action(
        description=_("Change the limit"),
        permissions=["revoke"],
        icon="speed",
        dialog={
            "title": _("How often may this key ask?"),
            "description": _("It holds from the next request on, in every process."),
            "form_class": LimitForm,
            "form_submit_text": _("Save"),
        },
    )
    def limit_this(self, request: HttpRequest, form: LimitForm, object_id: str) -> HttpResponse:
        key = get_object_or_404(self.get_queryset(request), pk=object_id)
        rate = form.cleaned_data["rate_per_second"]
        if api_key_limit(key=key, rate_per_second=rate):
            self.log_change(request, key, f"limit {rate} a second")
            self.message_user(request, _("The limit is changed."), messages.SUCCESS)
        else:
            self.message_user(request, _("The key is revoked: it has no limit to change."), messages.WARNING)
        return dialog_done(request, _page_of(object_id))

    def _revoked(self, request: HttpRequest, key: ApiKey) -> bool:
        revoked = api_key_revoke(key=key)
        if revoked:
            self.log_change(request, key, "revoked")
        return revoked

    @display(description=_("state"))
    def state_label(self, key: ApiKey) -> str:
        if key.revoked_at:
            return badge(_("Revoked"), "danger")
        if key.expires_at and key.expires_at <= timezone.now():
            return badge(_("Expired"), "warning")
        return badge(_("Valid"), "success")

    @display(description=_("scopes"))
    def shown_scopes(self, key: ApiKey) -> str:
        return ", ".join(str(Scope(scope).label) for scope in key.scopes)


admin.site.index_title = _("Home")

admin.site.unregister(User)
admin.site.unregister(Group)
admin.site.unregister(TOTPDevice)


class InWords(KnownLookups, admin.ModelAdmin):
    """Whose permissions are picked by what they allow."""

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.related_model is Permission:
            kwargs["form_class"] = PermissionsField
        return super().formfield_for_manytomany(db_field, request, **kwargs)


# what makes somebody mightier is given by superusers only
MIGHT = ("is_superuser", "is_staff", "groups", "user_permissions")
# who may change groups is as mighty as any of them, and may put people into roles
LENT = ("is_superuser", "user_permissions")


@admin.register(User)
class UserAdmin(InWords, DjangoUserAdmin, ModelAdmin):
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "first_name", "last_name", "is_active", "is_staff", "last_login")
    list_fullwidth = True
    actions = ("forget_second_factor",)

    @admin.action(description=_("Remove the second factor"), permissions=["change"])
    def forget_second_factor(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """For somebody who lost the phone."""
        within = [user for user in queryset if self._is_within_reach(request, user)]
        dropped = [user for user in within if second_factor_drop(user=user)]
        for user in dropped:
            self.log_change(request, user, "second factor removed")
        told = ngettext("%(count)d second factor removed.", "%(count)d second factors removed.", len(dropped))
        self.message_user(request, told % {"count": len(dropped)}, messages.SUCCESS if dropped else messages.WARNING)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        given = super().get_readonly_fields(request, obj)
        if request.user.is_superuser:
            return given
        return (*given, *(LENT if request.user.has_perm("auth.change_group") else MIGHT))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._is_within_reach(request, obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._is_within_reach(request, obj) and super().has_delete_permission(request, obj)

    def _is_within_reach(self, request: HttpRequest, obj: User | None) -> bool:
        """Nobody takes over a superuser's account by setting its password."""
        return obj is None or not obj.is_superuser or request.user.is_superuser


@admin.register(Group)
class GroupAdmin(InWords, DjangoGroupAdmin, ModelAdmin):  # type: ignore[misc]
    """The roles stand in `roles.py`, and every `migrate` makes them so again."""

    list_display = ("shown_name", "kind")
    list_fullwidth = True

    @display(description=_("name"), ordering="name")
    def shown_name(self, group: Group) -> str:
        return str(ROLE_NAMES.get(group.name, group.name)).capitalize()

    @display(description=_("kind"))
    def kind(self, group: Group) -> str:
        return badge(_("Role"), "info") if _is_role(group) else badge(_("Group"))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return not _is_role(obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return not _is_role(obj) and super().has_delete_permission(request, obj)


def _is_role(group: Group | None) -> bool:
    return group is not None and group.name in ROLES
