import {
  Anchor,
  type AnchorProps,
  Button,
  type ButtonProps,
  Menu,
  type MenuItemProps,
  NavLink,
  type NavLinkProps,
} from '@mantine/core'
import { createLink } from '@tanstack/react-router'
import type { ComponentPropsWithRef } from 'react'

type Own<P> = P & Omit<ComponentPropsWithRef<'a'>, keyof P>

/** Links of the router in the looks of Mantine. */
export const TextLink = createLink((props: Own<AnchorProps>) => <Anchor {...props} />)
export const ButtonLink = createLink((props: Own<ButtonProps>) => <Button component="a" {...props} />)
export const NavItem = createLink((props: Own<NavLinkProps>) => <NavLink component="a" {...props} />)
export const MenuLink = createLink((props: Own<MenuItemProps>) => <Menu.Item component="a" {...props} />)
