import pytest
from django.contrib.auth.models import Group, User

from tests.back_office import logged_in, page_url, staff, superuser

pytestmark = pytest.mark.django_db


def test_nobody_makes_himself_a_superuser() -> None:
    user = staff("keeper", "change_user")
    form = {
        "username": "keeper",
        "is_superuser": "on",
        "is_active": "on",
        "date_joined_0": "2026-01-01",
        "date_joined_1": "10:00",
    }
    logged_in(user).post(page_url(user), form)
    assert not User.objects.get(username="keeper").is_superuser


def test_nobody_takes_over_a_superusers_account() -> None:
    boss = User.objects.create_superuser("owner", password="an-unguessable-sentence")
    client = logged_in(staff("keeper", "change_user", "delete_user"))
    password = {"password1": "another-sentence-29", "password2": "another-sentence-29", "usable_password": "true"}
    assert client.post(f"/admin/auth/user/{boss.pk}/password/", password).status_code == 403
    assert client.post(f"/admin/auth/user/{boss.pk}/delete/", {"post": "yes"}).status_code == 403
    assert User.objects.get(pk=boss.pk).check_password("an-unguessable-sentence")


def test_a_superuser_makes_users_and_groups() -> None:
    client = superuser()
    password = {"password1": "a-good-sentence-29", "password2": "a-good-sentence-29", "usable_password": "true"}
    client.post("/admin/auth/user/add/", {"username": "ana", **password})
    client.post("/admin/auth/group/add/", {"name": "agents"})
    assert User.objects.get(username="ana").check_password("a-good-sentence-29")
    assert Group.objects.filter(name="agents").exists()


def test_permissions_are_picked_in_the_language_of_who_gives_them() -> None:
    page = superuser().get("/admin/auth/group/add/", headers={"accept-language": "pt-BR"}).content.decode()
    assert "Leads: Pode ver<" in page
    assert "Pode enviar de novo a mensagem de um lead<" in page
    assert "Can " not in page
